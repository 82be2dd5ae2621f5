package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathsTest {
    private final RequestPaths paths = new RequestPaths(List.of(
            "/v1/score",
            "/v1/audio/*",
            "/sleep",
            "/v1/sleep",
            "/admin/*",
            "/metrics",
            "/v1/unload_lora_adapter",
            "/*"));

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, CHAT_COMPLETIONS, /v1/chat/completions",
        "/v1/completions, COMPLETIONS, /v1/completions",
        "/v1/models, MODELS, /v1/models",
        "/v1/models?limit=1&x=%2F, MODELS, /v1/models?limit=1&x=%2F",
        "/v1/models?, MODELS, /v1/models",
        "//v1///models, MODELS, /v1/models",
        "/v1/./models, MODELS, /v1/models",
        "/v1/chat/../models, MODELS, /v1/models",
        "/v1/%6dodels, MODELS, /v1/models",
        "/v1/%6Dodels, MODELS, /v1/models",
        "http://example.org/v1/models?a, MODELS, /v1/models?a",
        "HTTPS://example.org:8080/v1/completions, COMPLETIONS, /v1/completions",
        "/v1/score, PASSTHROUGH, /v1/score",
        "/v1/audio/speech, PASSTHROUGH, /v1/audio/speech",
        "/v1/a%20b%3a, PASSTHROUGH, /v1/a%20b%3A",
        "/v1/models/, PASSTHROUGH, /v1/models/",
        "/V1/models, PASSTHROUGH, /V1/models",
        "/sleepy, PASSTHROUGH, /sleepy",
        "http://example.org, PASSTHROUGH, /",
        "http://example.org?a, PASSTHROUGH, /?a",
    })
    void classifiesTheNormalPath(String target, Api api, String forwarded) {
        RequestTarget found = paths.classify(target);

        assertThat(found.api()).isEqualTo(api);
        assertThat(found.forwarded()).isEqualTo(forwarded);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "v1/models",
                "example.org:443",
                "ftp://example.org/v1/models",
                "http:///v1/models",
                "http://u@example.org/v1/models",
                "/v1%2fmodels",
                "/v1%2Fmodels",
                "/v1%5cmodels",
                "/v1\\models",
                "/v1/models;a=b",
                "/v1/models%3ba",
                "/v1;/models",
                "/v1/%2e/models",
                "/v1/x/%2e%2e/models",
                "/v1/x/.%2E/models",
                "/../v1/models",
                "/v1/../../models",
                "/v1/%252e",
                "/v1/models%25",
                "/v1/models%",
                "/v1/models%4",
                "/v1/models%zz",
                "/v1/models%00",
                "/v1/models%0a",
                "/v1/models%7f",
                "/v1/models%c3%a9",
                "/v1/modèls",
                "/v1/models#x",
                "/v1/models?a#x",
                "/v1/models?é",
                "/v1/mod els",
                "/v1/mod\tels",
                "/v1/models%3fx",
                "/v1/models%23x",
                "/v1/{models}",
                "/v1/models\"",
                "/v1/<models>",
                "/v1/models\u0000"
            })
    void refusesWhatReadersMightUnderstandDifferently(String target) {
        assertThatThrownBy(() -> paths.classify(target))
                .asInstanceOf(type(InferenceException.class))
                .extracting(InferenceException::code)
                .isEqualTo(ErrorCode.BAD_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/sleep",
                "/v1/sleep",
                "/SLEEP",
                "/%73leep",
                "//sleep",
                "/x/../sleep",
                "/sleep/",
                "/wake_up",
                "/v2/wake_up",
                "/is_sleeping",
                "/reset_prefix_cache",
                "/collective_rpc",
                "/update_weights",
                "/update_weights_from_disk",
                "/admin",
                "/admin/config",
                "/v1/Admin/x",
                "/metrics",
                "/v1/metrics",
                "/metrics?x",
                "/v1/load_lora_adapter",
                "/v1/unload_lora_adapter",
                "/v1/UNLOAD_LORA_ADAPTER",
                "/start_profile",
                "/flush_cache",
                "http://example.org/sleep"
            })
    void neverServesAdministration(String target) {
        assertThatThrownBy(() -> paths.classify(target))
                .asInstanceOf(type(InferenceException.class))
                .extracting(InferenceException::code)
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1/score", "/v1/audio/speech", "/v1/models/", "/v1/Models", "/v1/rerank"})
    void servesNothingElseUnlessListed(String target) {
        assertThatThrownBy(() -> new RequestPaths(List.of()).classify(target))
                .asInstanceOf(type(InferenceException.class))
                .extracting(InferenceException::code)
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void matchesASubtreeOnlyBelowItsRoot() {
        RequestPaths audio = new RequestPaths(List.of("/v1/audio/*"));

        assertThat(audio.classify("/v1/audio/a/b").api()).isEqualTo(Api.PASSTHROUGH);
        assertThatThrownBy(() -> audio.classify("/v1/audios")).isInstanceOf(InferenceException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1/score", "", "/v1//score", "/v1/../score", "/v1/%2f", "/v1/*/score;x"})
    void refusesAListWithAPathThatCouldNeverMatch(String path) {
        assertThatThrownBy(() -> new RequestPaths(List.of(path)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("passthrough path: " + path);
    }
}
