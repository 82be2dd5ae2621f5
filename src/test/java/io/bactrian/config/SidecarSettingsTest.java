package io.bactrian.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarSettingsTest {
    private static BactrianSettings read(String... more) {
        Map<String, String> given = new HashMap<>(Map.of("bactrian.role", "sidecar"));
        for (int i = 0; i < more.length; i += 2) {
            given.put(more[i], more[i + 1]);
        }
        return BactrianSettings.read(given, Map.of());
    }

    @Test
    void withoutAListAndWithProtectionItDoesNotStart() {
        assertThatThrownBy(SidecarSettingsTest::read)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("bactrian.sidecar.allowed-targets: none")
                .hasMessageContaining("bactrian.sidecar.enable-ssrf-protection=false");
    }

    @Test
    void aListOrAFileOrNoProtectionIsEnough() {
        assertThat(read("bactrian.sidecar.allowed-targets", "10.0.0.1:8000").isSidecar())
                .isTrue();
        assertThat(read("bactrian.sidecar.allowed-targets-file", "targets.yaml").isSidecar())
                .isTrue();
        assertThat(read("bactrian.sidecar.enable-ssrf-protection", "false").isSidecar())
                .isTrue();
    }

    @Test
    void thePortIsEncryptedUnlessToldInThisRoleAlone() {
        assertThat(read("bactrian.sidecar.enable-ssrf-protection", "false").doorTls())
                .isEqualTo("self-signed");
        assertThat(BactrianSettings.DEFAULTS.doorTls()).isEqualTo("off");
        assertThat(BactrianSettings.read(Map.of("bactrian.http.tls", "/certs"), Map.of())
                        .doorTls())
                .isEqualTo("/certs");
    }

    @Test
    void theLastRankHasAPortToo() {
        String[] last = {"bactrian.sidecar.allowed-targets", "10.0.0.1:8000", "bactrian.sidecar.data-parallel-size", "8"
        };
        assertThat(read(last[0], last[1], last[2], last[3], "bactrian.sidecar.model-server-port", "65528")
                        .sidecar()
                        .modelServerPort())
                .isEqualTo(65528);
        assertThatThrownBy(
                        () -> read(last[0], last[1], last[2], last[3], "bactrian.sidecar.model-server-port", "65529"))
                .hasMessageContaining("bactrian.sidecar.model-server-port: 65529 (expected: 1 to 65528)");
    }

    @ParameterizedTest
    @CsvSource({
        "bactrian.sidecar.split.kv-connector, nixlv3, bactrian.sidecar.split.kv-connector: nixlv3",
        "bactrian.sidecar.split.kv-connector, moriio, bactrian.sidecar.pod-ip: none",
        "bactrian.sidecar.split.kv-connector, lmcache, bactrian.sidecar.pod-ip: none",
        "bactrian.sidecar.split.lmcache.notify-port, 7500, bactrian.sidecar.split.lmcache.notify-port: 7500",
        "bactrian.sidecar.split.mode, sidecar, bactrian.sidecar.split.mode: sidecar",
        "bactrian.sidecar.enable-tls, prefill, bactrian.sidecar.enable-tls: prefill (expected: one of",
        "bactrian.sidecar.tls-insecure-skip-verify, decoder, bactrian.sidecar.tls-insecure-skip-verify: decoder",
        "bactrian.sidecar.data-parallel-size, 0, bactrian.sidecar.data-parallel-size: 0",
        "bactrian.sidecar.model-server-port, 65536, bactrian.sidecar.model-server-port: 65536",
        "bactrian.sidecar.decode-chunk-size, x, bactrian.sidecar.decode-chunk-size: x",
        "bactrian.sidecar.decode-chunk-size, -1, bactrian.sidecar.decode-chunk-size: -1",
        "bactrian.sidecar.file-check-interval, 0s, bactrian.sidecar.file-check-interval",
        "bactrian.pools.a.models, m, bactrian.pools: [a] (expected: none in role sidecar",
        "bactrian.model-rewrites.trust-header, true, bactrian.model-rewrites: given"
    })
    void whatCannotBeStopsTheStart(String key, String value, String message) {
        assertThatThrownBy(() -> read("bactrian.sidecar.enable-ssrf-protection", "false", key, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(message);
    }
}
