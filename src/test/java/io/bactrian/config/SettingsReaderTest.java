package io.bactrian.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.discovery.PoolSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SettingsReaderTest {

    @Test
    void keepsEveryDefaultWhenNothingIsGiven() {
        assertThat(read(Map.of())).isEqualTo(BactrianSettings.DEFAULTS);
    }

    @Test
    void readsEveryKeyItDescribes() {
        Map<String, String> given =
                SettingsReader.describe(BactrianSettings.class, BactrianSettings.PREFIX, BactrianSettings.DEFAULTS)
                        .stream()
                        .collect(Collectors.toMap(
                                setting -> setting.key().replace("<name>", "a"), SettingsReader.Setting::defaultValue));

        BactrianSettings settings = read(given);

        assertThat(settings.pools()).containsOnlyKeys("a");
        assertThat(settings.http()).isEqualTo(BactrianSettings.DEFAULTS.http());
        assertThat(settings.upstream()).isEqualTo(BactrianSettings.DEFAULTS.upstream());
        assertThat(settings.metrics()).isEqualTo(BactrianSettings.DEFAULTS.metrics());
        assertThat(settings.breaker()).isEqualTo(BactrianSettings.DEFAULTS.breaker());
    }

    @Test
    void readsUnits() {
        BactrianSettings settings = read(Map.of(
                "bactrian.http.max-body-bytes", "2MiB",
                "bactrian.http.idle-timeout", "90s",
                "bactrian.metrics.interval", "20ms",
                "bactrian.retry.budget-share", "0.25",
                "bactrian.http.exposed-headers", "x-tenant, x-region"));

        assertThat(settings.http().maxBodyBytes()).isEqualTo(2 * 1024 * 1024);
        assertThat(settings.http().idleTimeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(settings.metrics().interval()).isEqualTo(Duration.ofMillis(20));
        assertThat(settings.retry().budgetShare()).isEqualTo(0.25);
        assertThat(settings.http().exposedHeaders()).containsExactly("x-tenant", "x-region");
    }

    @Test
    void readsPoolsByName() {
        BactrianSettings settings = read(Map.of(
                "bactrian.pools.small.models", "llama",
                "bactrian.pools.small.endpoints", "10.0.0.1:8000,10.0.0.2:8000"));

        assertThat(settings.pools())
                .containsEntry("small", new PoolSettings(List.of("llama"), List.of("10.0.0.1:8000", "10.0.0.2:8000")));
    }

    @Test
    void namesTheModelsOfAllPoolsInOrder() {
        BactrianSettings settings = read(Map.of(
                "bactrian.pools.a.models", "qwen,llama",
                "bactrian.pools.a.endpoints", "10.0.0.1:8000",
                "bactrian.pools.b.models", "mixtral,gemma,phi",
                "bactrian.pools.b.endpoints", "10.0.0.2:8000"));

        assertThat(settings.models()).containsExactly("gemma", "llama", "mixtral", "phi", "qwen");
    }

    @Test
    void letsTheEnvironmentWin() {
        BactrianSettings settings = BactrianSettings.read(
                new HashMap<>(Map.of("bactrian.http.port", "1000")),
                Map.of(
                        "BACTRIAN_HTTP_PORT", "2000",
                        "BACTRIAN_POOLS_BIG_ONES_MODELS", "qwen",
                        "BACTRIAN_SERVICE_HOST", "10.0.0.9"));

        assertThat(settings.http().port()).isEqualTo(2000);
        assertThat(settings.pools()).containsEntry("big-ones", new PoolSettings(List.of("qwen"), List.of()));
    }

    @Test
    void refusesAnUnknownKey() {
        assertThatThrownBy(() -> read(Map.of("bactrian.htp.port", "1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("bactrian.htp.port: unknown (expected: one of ")
                .hasMessageContaining("bactrian.http.port");
    }

    @Test
    void namesKeyValueAndExpectationOfAWrongValue() {
        assertThatThrownBy(() -> read(Map.of("bactrian.http.port", "70000")))
                .hasMessage("bactrian.http.port: 70000 (expected: 0 to 65535)");
        assertThatThrownBy(() -> read(Map.of("bactrian.http.idle-timeout", "soon")))
                .hasMessage("bactrian.http.idle-timeout: soon (expected: a duration such as 50ms, 30s, 5m or 2h)");
        assertThatThrownBy(() -> read(Map.of("bactrian.http.max-body-bytes", "99999999999999999999")))
                .hasMessageStartingWith("bactrian.http.max-body-bytes: 99999999999999999999 (expected: ");
    }

    private static BactrianSettings read(Map<String, String> given) {
        return BactrianSettings.read(given, Map.of());
    }
}
