package io.bactrian.engine.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.BodyReader;
import io.bactrian.api.ClientBody;
import io.bactrian.api.Splice;
import io.bactrian.disaggregation.MoriIoSettings;
import io.bactrian.disaggregation.SplitSettings;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both legs of each worked exchange, byte for byte. */
class ConnectorTracesTest {
    private static final Path TRACES = Path.of("test-fixtures/disaggregation");
    private static final Map<String, String> CHANCE = Map.of(
            "room", "\\d{1,19}",
            "room2", "\\d{1,19}",
            "uuid", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "hex", "[0-9a-f]{32}");

    private final Map<String, String> drawn = new HashMap<>();

    static SplitSettings settings(String name) {
        SplitSettings of = SplitSettings.DEFAULTS;
        return new SplitSettings(
                name.replace("-parallel", ""),
                of.mode(),
                of.whenPrefillFailed(),
                of.whenPrefillUnavailable(),
                of.maxPrefillAttempts(),
                of.maxFallbacks(),
                of.prefillTimeout(),
                of.prefillTimeoutPerThousandTokens(),
                of.pairTimeout(),
                of.kvLease(),
                of.drainTimeout(),
                of.sglangBootstrapPort(),
                of.mooncakeBootstrapPort(),
                of.mooncakeQueryTimeout(),
                of.mooncakeIdsFor(),
                of.p2pPort(),
                moriio(name),
                of.lmcache(),
                of.encode());
    }

    private static MoriIoSettings moriio(String name) {
        MoriIoSettings of = MoriIoSettings.DEFAULTS;
        return new MoriIoSettings(of.notifyPort(), of.handshakePort(), 61006, 6302, 8, 2, name.endsWith("-parallel"));
    }

    static Stream<Path> traces() throws IOException {
        try (Stream<Path> files = Files.list(TRACES)) {
            return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("traces")
    void bothLegsCarryWhatTheTraceShows(Path file) throws IOException {
        Map<String, String> trace = blocks(Files.readString(file));
        String client = block(trace, "client");
        KvConnector connector = KvConnector.of(settings(block(trace, "connector")));
        SplitRequest request = request("abc", block(trace, "target"), client, trace.getOrDefault("engine", ""));

        assertThat(connector.takes(request)).isTrue();
        assertThat(connector.wantsTokens(request)).isEqualTo(trace.containsKey("tokens"));
        request = withTokens(request, trace.getOrDefault("tokens", ""));
        KvConnector.Handoff handoff = connector.begin(request);
        assertSame(trace, "prefill", client, handoff.prefill());
        String answer = trace.get("prefill-answer");
        assertThat(answer == null).isEqualTo(connector.order() == KvConnector.Order.TOGETHER);
        Leg decode = handoff.decode(answer == null ? null : handoff.read(answer.getBytes(UTF_8)));
        assertSame(trace, "decode", client, decode);
    }

    private void assertSame(Map<String, String> trace, String leg, String client, Leg carried) {
        String body = new String(Splice.apply(client.getBytes(UTF_8), carried.splices()), UTF_8);
        assertMatches(body, block(trace, leg));
        StringBuilder headers = new StringBuilder();
        carried.headers()
                .forEach((name, value) -> headers.append(name).append(": ").append(value));
        assertMatches(headers.toString(), trace.getOrDefault(leg + "-headers", ""));
    }

    /** What is drawn by chance may be anything of its form, but the same wherever it stands. */
    private void assertMatches(String actual, String expected) {
        StringBuilder pattern = new StringBuilder();
        Matcher chance = Pattern.compile("\\$\\{(\\w+)}").matcher(expected);
        int from = 0;
        while (chance.find()) {
            String name = chance.group(1);
            pattern.append(Pattern.quote(expected.substring(from, chance.start())))
                    .append(
                            drawn.containsKey(name)
                                    ? Pattern.quote(drawn.get(name))
                                    : "(?<" + name + ">" + CHANCE.get(name) + ")");
            from = chance.end();
        }
        pattern.append(Pattern.quote(expected.substring(from)));
        assertThat(actual).matches(pattern.toString());
        Matcher matcher = Pattern.compile(pattern.toString()).matcher(actual);
        assertThat(matcher.matches()).isTrue();
        CHANCE.keySet().stream()
                .filter(name -> pattern.indexOf("(?<" + name + ">") >= 0)
                .forEach(name -> drawn.put(name, matcher.group(name)));
    }

    private static String block(Map<String, String> trace, String name) {
        return Objects.requireNonNull(trace.get(name), name);
    }

    private static Map<String, String> blocks(String text) {
        Map<String, String> blocks = new LinkedHashMap<>();
        for (String block : text.split("(?m)^== ", -1)) {
            if (!block.isBlank()) {
                int line = block.indexOf('\n');
                blocks.put(block.substring(0, line), block.substring(line + 1).stripTrailing());
            }
        }
        return blocks;
    }

    static SplitRequest request(String id, String target, String body, String engine) throws IOException {
        Api api = body.contains("\"messages\"") ? Api.CHAT_COMPLETIONS : Api.COMPLETIONS;
        ClientBody read =
                new BodyReader(1 << 20).read("r", api, RequestHeaders.NONE, RequestBytes.of(body.getBytes(UTF_8)));
        return new SplitRequest(
                id,
                target,
                read.places(),
                read.request().prompt().count(),
                read.choices(),
                endpoint("p", 11, "10.0.0.11:21001"),
                endpoint("d", 21, "10.0.0.21:22001"),
                engine,
                "",
                null);
    }

    static SplitRequest withTokens(SplitRequest of, String tokens) {
        return new SplitRequest(
                of.id(),
                of.target(),
                of.places(),
                of.prompts(),
                of.choices(),
                of.prefill(),
                of.decode(),
                of.engineId(),
                tokens,
                of.cacheSource());
    }

    private static Endpoint endpoint(String name, int host, String zmq) throws IOException {
        InetAddress address = InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host});
        return new Endpoint("pool", name, new InetSocketAddress(address, 8000), Map.of(P2pNccl.ADDRESS_LABEL, zmq));
    }

    /** Blocks that one may fetch serve one answer to one prompt. */
    @Test
    void severalAnswersAreNotSplitWhereBlocksAreFetchedOnce() throws IOException {
        SplitRequest twice = request("r", "/v1/completions", "{\"model\":\"m\",\"prompt\":\"a\",\"n\":2}", "");
        SplitRequest batch = request("r", "/v1/completions", "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"]}", "");

        assertThat(KvConnector.of(settings("nixlv2")).takes(twice)).isFalse();
        assertThat(KvConnector.of(settings("nixlv2")).takes(batch)).isFalse();
        assertThat(KvConnector.of(settings("sglang")).takes(twice)).isFalse();
        assertThat(KvConnector.of(settings("sglang")).takes(batch)).isTrue();
        assertThat(KvConnector.of(settings("shared-storage")).takes(twice)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"kv_transfer_params\":null}",
                "{\"kv_transfer_params\":[1]}",
                "{\"kv_transfer_params\":\"x\"}",
                "{\"choices\":[{\"kv_transfer_params\":{\"a\":1}}]}"
            })
    void whatIsNoObjectAtTheTopHandsNothingOver(String answer) throws IOException {
        assertThat(PrefillAnswer.read(answer.getBytes(UTF_8)).hasParams()).isFalse();
    }

    @Test
    void whatAPrefillEndpointHadCachedIsRead() throws IOException {
        String answer = "{\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":1,\"total_tokens\":42,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":16}},\"kv_transfer_params\":{\"a\":[[]] }}";
        assertThat(PrefillAnswer.read(answer.getBytes(UTF_8))).isEqualTo(new PrefillAnswer("{\"a\":[[]] }", 16, ""));
    }

    /** The vectors of llm-d's sidecar. */
    @ParameterizedTest
    @CsvSource({
        "abc, 2, 0",
        "abc, 4, 2",
        "abc, 8, 2",
        "abc, 16, 2",
        "abc, 1, 0",
        "cmpl-foo-0, 8, 5",
        "00000000-0000-0000-0000-000000000000, 8, 6",
        "req-9f8a-2026-1p1d, 8, 2",
        "cmpl-deadbeef-cafe-1234, 8, 4"
    })
    void aRequestBelongsToARankByItsId(String id, int ranks, int rank) {
        assertThat(MoriIo.rank(id, ranks)).isEqualTo(rank);
    }

    /** RFC 7693, appendix B, and a message longer than a block. */
    @Test
    void blake2sIsThatOfTheRfc() {
        assertThat(Blake2s.digest("abc".getBytes(UTF_8)))
                .asHexString()
                .isEqualToIgnoringCase("508C5E8C327C14E2E1A72BA34EEB452F37458B209ED63A294D999B4C86675982");
        assertThat(Blake2s.digest(new byte[0]))
                .asHexString()
                .isEqualToIgnoringCase("69217A3079908094E11121D042354A7C1F55B6482CA1A51E1B250DFD1ED0EEF9");
    }

    @Test
    void aPromptMayTakeLongerTheLongerItIs() {
        assertThat(SplitSettings.DEFAULTS.prefillTimeout(100_000)).isEqualTo(Duration.ofSeconds(110));
    }
}
