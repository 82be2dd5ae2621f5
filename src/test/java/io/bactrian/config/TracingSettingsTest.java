package io.bactrian.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TracingSettingsTest {
    private static TracingSettings read(Map<String, String> properties) {
        return BactrianSettings.read(properties, Map.of()).tracing();
    }

    @Test
    void nothingIsTracedByDefault() {
        assertThat(read(Map.of()).isOn()).isFalse();
        assertThat(read(Map.of()).sampleRatio()).isEqualTo(1);
        assertThat(BactrianSettings.read(Map.of(), Map.of()).accessLog()).isEqualTo(new AccessLogSettings(false, ""));
    }

    @Test
    void everyKeyIsRead() {
        assertThat(read(Map.of(
                        "bactrian.tracing.endpoint", "http://127.0.0.1:4318/v1/traces",
                        "bactrian.tracing.sample-ratio", "0.25")))
                .isEqualTo(new TracingSettings("http://127.0.0.1:4318/v1/traces", .25));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:4318", "ftp://host/", "http://", "http://a b/"})
    void anEndpointThatIsNoUrlIsRefused(String endpoint) {
        assertThatThrownBy(() -> read(Map.of("bactrian.tracing.endpoint", endpoint)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("bactrian.tracing.endpoint: " + endpoint
                        + " (expected: a URL that begins with http:// or https://)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0.1", "1.1", "NaN"})
    void aRatioThatIsNoShareIsRefused(String ratio) {
        assertThatThrownBy(() -> read(Map.of("bactrian.tracing.sample-ratio", ratio)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("bactrian.tracing.sample-ratio: " + ratio);
    }
}
