package io.bactrian.cli;

import io.bactrian.simulator.load.RequestShape;
import io.bactrian.simulator.load.Target;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code load} that say where requests go and in which form. */
final class LoadTargetOptions {
    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "The OpenAI server, with or without /v1. Required unless only --oracle is wanted.")
    private @Nullable URI url;

    @Option(names = "--model", paramLabel = "NAME", description = "The model to ask for. Default: ${DEFAULT-VALUE}.")
    private String model = "demo";

    @Option(
            names = "--api",
            paramLabel = "API",
            converter = ApiConverter.class,
            description = "chat, which sends the prompt as one user message, or completions. Default: chat.")
    private RequestShape.Api api = RequestShape.Api.CHAT;

    @Option(
            names = "--no-stream",
            negatable = true,
            description = "Ask for one JSON answer instead of a stream; there is then no TTFT, ITL or TPOT.")
    private boolean stream = true;

    @Option(
            names = "--no-usage",
            negatable = true,
            description = "Do not ask a stream for its token counts; prefix hits are then unknown"
                    + " and every event with text counts as one token.")
    private boolean usage = true;

    @Option(
            names = "--no-ignore-eos",
            negatable = true,
            description = "Leave out ignore_eos, vLLM's extension that makes answers as long as the workload says.")
    private boolean ignoreEos = true;

    @Option(
            names = "--header",
            paramLabel = "'NAME: VALUE'",
            description = "Sent with every request, such as 'Authorization: Bearer ...'. May be repeated.")
    private List<String> headers = new ArrayList<>();

    @Option(
            names = "--endpoint-header",
            paramLabel = "NAME",
            description = "Response header that names the endpoint which served a request. Default: ${DEFAULT-VALUE}.")
    private String endpointHeader = Target.DEFAULT_ENDPOINT_HEADER;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "An answer that has not ended this long after it was due counts as an error. Default: 10m.")
    private Duration timeout = Duration.ofMinutes(10);

    @Option(names = "--insecure", description = "Accept any certificate of an https server.")
    private boolean insecure;

    /** Returns the server, or null if none was named. */
    @Nullable
    Target target() {
        return url == null ? null : new Target(url, headers(), endpointHeader, timeout, insecure);
    }

    RequestShape shape() {
        return new RequestShape(api, model, stream, usage, ignoreEos);
    }

    private Map<String, String> headers() {
        Map<String, String> parsed = new LinkedHashMap<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon < 1) {
                // The value may be a secret: it is not repeated.
                throw new IllegalArgumentException("--header: no name (expected: 'Name: value')");
            }
            parsed.put(
                    header.substring(0, colon).strip(),
                    header.substring(colon + 1).strip());
        }
        return parsed;
    }

    /** Reads the name of an API as it stands in its path. */
    private static final class ApiConverter implements ITypeConverter<RequestShape.Api> {
        @Override
        public RequestShape.Api convert(String value) {
            return switch (value) {
                case "chat" -> RequestShape.Api.CHAT;
                case "completions" -> RequestShape.Api.COMPLETIONS;
                default -> throw new TypeConversionException("'" + value + "' (expected: chat or completions)");
            };
        }
    }
}
