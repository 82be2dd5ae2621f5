package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every flag and header of llm-d's endpoint picker has a line that says what became of it, and what lines name is there. */
class FromLlmdDocumentTest {
    private static final Path PAGE = Path.of("docs/from-llm-d.md");

    private static final String FLAGS = """
            --grpc-port --grpc-health-port --metrics-port --pool-name --pool-namespace --pool-group --endpoint-selector
            --endpoint-target-ports --config-file --config-text --allow-experimental-plugins
            --disable-endpoint-subset-filter --emit-endpoint-scores --refresh-metrics-interval
            --refresh-prometheus-metrics-interval --metrics-staleness-threshold --drain-timeout
            --ha-enable-leader-election --health-checking --secure-serving --cert-path --enable-cert-reload
            --tls-min-version --tls-cipher-suites --metrics-endpoint-auth --metrics-client-ca-file --metrics-cert-dir
            --grpc-max-recv-msg-size --grpc-max-send-msg-size --enable-grpc-stream-metrics --enable-pprof --tracing -v
            --zap-encoder --total-queued-requests-metric --total-running-requests-metric
            --kv-cache-usage-percentage-metric --lora-info-metric --cache-info-metric
            """;

    private static final String HEADERS = """
            x-gateway-destination-endpoint x-gateway-destination-endpoint-scores x-gateway-destination-endpoint-subset
            x-gateway-destination-endpoint-served x-request-id x-llm-d-inference-objective x-gateway-inference-objective
            x-llm-d-inference-fairness-id x-gateway-inference-fairness-id x-llm-d-model-name-rewrite
            x-gateway-model-name-rewrite x-llm-d-slo-ttft-ms x-llm-d-slo-tpot-ms x-slo-ttft-ms x-slo-tpot-ms
            x-llm-d-video-fps x-llm-d-video-duration-seconds x-llm-d-video-resolution x-llm-d-request-dropped-reason
            x-went-into-resp-headers test-epp-endpoint-selection x-conformance-test-served-endpoint
            x-prefiller-host-port x-encoder-hosts-ports x-data-parallel-host-port x-kv-cache-source-host-port
            x-session-token x-session-id cookie x-claude-code-session-id x-session-affinity session-id session_id
            epp-profile x-original-path x-forwarded-path content-length
            """;

    private static final Pattern FLAG = Pattern.compile("`(--?[a-z][a-z-]*)");
    private static final Pattern NAME = Pattern.compile("`([a-z][a-z_-]+)");
    private static final Pattern PROPERTY = Pattern.compile("`(bactrian\\.[a-z.<>-]+)");

    private static Set<String> words(String text) {
        return Stream.of(text.strip().split("\\s+", -1)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns what {@code pattern} finds in the first column of the tables' lines. */
    private static Set<String> first(Pattern pattern) throws IOException {
        Set<String> found = new TreeSet<>();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("| `")) {
                Matcher matcher = pattern.matcher(line.substring(0, line.indexOf('|', 1)));
                while (matcher.find()) {
                    found.add(matcher.group(1));
                }
            }
        }
        return found;
    }

    @Test
    void everyFlagHasALineAndNoOtherHasOne() throws IOException {
        Set<String> listed = first(FLAG);
        listed.remove("--zap"); // stands for those beside the encoder's

        assertThat(listed).isEqualTo(words(FLAGS));
    }

    @Test
    void everyHeaderHasALine() throws IOException {
        assertThat(first(NAME)).containsAll(words(HEADERS));
    }

    @Test
    void everyLineNamesAPropertyOrSaysWhyThereIsNone() throws IOException {
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("| `-")) {
                String[] cells = line.split("\\|", -1);
                assertThat(cells[2].strip() + cells[3].strip()).as(line).isNotEmpty();
                if (cells[2].isBlank()) {
                    assertThat(cells[3])
                            .as(line)
                            .containsAnyOf("not supported: ", "not supported, as", "not needed: ", "always");
                }
            }
        }
    }

    @Test
    void thePropertiesAreThere() throws IOException {
        String reference = Files.readString(Path.of("docs/configuration.md"));
        Matcher named = PROPERTY.matcher(Files.readString(PAGE));

        while (named.find()) {
            assertThat(reference).contains("`" + named.group(1) + "`");
        }
    }
}
