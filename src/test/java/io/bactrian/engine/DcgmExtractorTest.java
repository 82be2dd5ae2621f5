package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import io.bactrian.request.DataKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Section 9.3 of llm-d's scheduling. */
class DcgmExtractorTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final DataKey<Double> KEY = new DataKey<>("GPUUtilization", "dcgm-extractor");

    private final PageReader reader = new DcgmExtractor("dcgm-extractor")
            .reader(
                    new Endpoint(
                            "p", "pod-a-rank-1", new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), Map.of()),
                    Duration.ZERO);

    @Test
    void theBusiestGpuOfThePodCounts() {
        assertThat(read("""
                        # TYPE DCGM_FI_DEV_GPU_UTIL gauge
                        DCGM_FI_DEV_GPU_UTIL{gpu="0",pod="pod-a"} 20
                        DCGM_FI_DEV_GPU_UTIL{gpu="1",pod="pod-a"} 75
                        DCGM_FI_DEV_GPU_UTIL{gpu="2",pod="pod-b"} 99
                        DCGM_FI_DEV_GPU_TEMP{gpu="1",pod="pod-a"} 80
                        """).custom()).isEqualTo(Map.of(KEY, Signal.of(0.75, NOW)));
        assertThat(reader.lacked()).isFalse();
    }

    @Test
    void withoutPodsEveryGpuCounts() {
        assertThat(read("DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 20\nDCGM_FI_DEV_GPU_UTIL{gpu=\"1\",pod=\"\"} 30\n")
                        .custom())
                .isEqualTo(Map.of(KEY, Signal.of(0.3, NOW)));
    }

    @Test
    void aGpuOfUnknownLoadMakesThePodsUnknown() {
        assertThat(read("DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 20\nDCGM_FI_DEV_GPU_UTIL{gpu=\"1\"} NaN\n")
                        .custom())
                .isEqualTo(Map.of(KEY, Signal.ABSENT));
    }

    @Test
    void aPageWithoutItKeepsWhatWasKnown() {
        EndpointMetrics before = read("DCGM_FI_DEV_GPU_UTIL 50\n");

        reader.feed(ByteBuffer.wrap("DCGM_FI_DEV_GPU_UTIL{pod=\"pod-b\"} 99\n".getBytes(UTF_8)));

        assertThat(reader.finish(before, NOW.plusSeconds(1))).isEqualTo(before);
        assertThat(reader.lacked()).isTrue();
    }

    private EndpointMetrics read(String page) {
        reader.feed(ByteBuffer.wrap(page.getBytes(UTF_8)));
        return reader.finish(EndpointMetrics.NONE, NOW);
    }
}
