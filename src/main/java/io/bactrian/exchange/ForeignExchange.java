package io.bactrian.exchange;

import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.RequestBytes;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * A request that a timer, a test or somebody else's route makes. It ends when its answer has been read, and at the latest
 * with its exchange.
 */
final class ForeignExchange {
    private static final String DEFAULT_TARGET = "/v1/chat/completions";

    /** A header name as HTTP allows it (RFC 9110 section 5.6.2). */
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** A header value that can be written as it is: visible characters, spaces and tabs. */
    private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e]*");

    private ForeignExchange() {}

    static InferenceExchange begin(Exchange exchange) {
        Message message = exchange.getMessage();
        return InferenceExchange.begin(
                exchange, finishWith(exchange), new MessageHead(message), body(message), Runnable::run);
    }

    /** Returns an end that comes with the exchange's at the latest. */
    static Finish finishWith(Exchange exchange) {
        Finish finish = new Finish();
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                finish.end(done.isFailed() ? Outcome.REFUSED : Outcome.COMPLETED);
            }
        });
        return finish;
    }

    /** A stream can be read once, so what was read takes its place for the steps to come. */
    private static RequestBytes body(Message message) {
        Object given = message.getBody();
        byte[] bytes = message.getBody(byte[].class);
        if (bytes == null) {
            return RequestBytes.EMPTY;
        }
        if (!(given instanceof String)) {
            message.setBody(bytes);
        }
        return RequestBytes.of(bytes);
    }

    /** Reads the head from Camel's HTTP headers, of which none is needed. */
    record MessageHead(String method, String target, List<Map.Entry<String, String>> headers) implements ClientHead {

        MessageHead(Message message) {
            this(
                    message.getHeader(Exchange.HTTP_METHOD, "POST", String.class),
                    message.getHeader(Exchange.HTTP_PATH, DEFAULT_TARGET, String.class),
                    wireHeaders(message));
        }

        /** Camel's own headers are not for the wire, and some of other components' cannot stand on it. */
        private static List<Map.Entry<String, String>> wireHeaders(Message message) {
            return message.getHeaders().entrySet().stream()
                    .filter(header -> header.getValue() instanceof String)
                    .filter(header -> !header.getKey().startsWith("Camel")
                            && !header.getKey().startsWith("Bactrian"))
                    .filter(header -> NAME.matcher(header.getKey()).matches()
                            && VALUE.matcher((String) header.getValue()).matches())
                    .map(header -> Map.entry(header.getKey(), (String) header.getValue()))
                    .collect(Collectors.toList());
        }

        @Override
        public boolean isHttp10() {
            return false;
        }
    }
}
