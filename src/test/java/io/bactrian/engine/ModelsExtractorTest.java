package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.ServedModels;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsExtractorTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration SLACK = Duration.ofSeconds(60);
    private static final EndpointMetrics KNOWN = EndpointMetrics.NONE.withModels(
            new ServedModels(List.of(new ServedModels.Model("known", "")), NOW.minusSeconds(9), SLACK));

    private final PageReader reader = new ModelsExtractor()
            .reader(
                    new Endpoint("p", "e", new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), Map.of()),
                    SLACK);

    @Test
    void readsModelsAndAdaptersWithTheirParents() {
        EndpointMetrics metrics = read("""
                {"object":"list","data":[
                 {"id":"base","object":"model","created":1,"owned_by":"vllm","root":"org/base","parent":null,
                  "permission":[{"id":"modelperm-1","allow_sampling":true}]},
                 {"id":"sql","object":"model","root":"/adapters/sql","parent":"base"},
                 {"object":"model"}]}
                """);

        assertThat(metrics.models())
                .isEqualTo(new ServedModels(
                        List.of(new ServedModels.Model("base", ""), new ServedModels.Model("sql", "base")),
                        NOW,
                        SLACK));
        assertThat(reader.lacked()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{\"data\":5}", "{\"data\":[5]}", "{\"data\":[{\"id\":\"a\"}]", "not json"})
    void whatIsNoListKeepsWhatWasKnown(String page) {
        assertThat(read(page)).isEqualTo(KNOWN);
        assertThat(reader.lacked()).isTrue();
    }

    @Property(tries = 300)
    void anyBytesAreTaken(@ForAll @Size(max = 200) byte[] bytes) {
        reader.feed(ByteBuffer.wrap(bytes));

        assertThat(reader.finish(KNOWN, NOW).models()).isNotNull();
    }

    private EndpointMetrics read(String page) {
        byte[] bytes = page.getBytes(UTF_8);
        reader.feed(ByteBuffer.wrap(bytes, 0, bytes.length / 2));
        reader.feed(ByteBuffer.wrap(bytes, bytes.length / 2, bytes.length - bytes.length / 2));
        return reader.finish(KNOWN, NOW);
    }
}
