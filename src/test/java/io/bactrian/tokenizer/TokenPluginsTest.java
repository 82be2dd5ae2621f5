package io.bactrian.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.api.BodyReader;
import io.bactrian.fixture.Plugins;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.PromptTokens;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginFactory;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Section 7.1 of llm-d's scheduling. */
class TokenPluginsTest {
    private static final String IMAGE = "{\"image_url\":{\"url\":\"https://example.com/cat.png\"}}";
    private static final String VIDEO = "{\"video_url\":{\"url\":\"https://example.com/cat.mp4\"}}";

    @Test
    void takesFourBytesForATokenAndLlmdsDefaultsForMedia() {
        assertThat(tokens(Map.of(), "\"12345678\"", RequestHeaders.NONE)).isEqualTo(3); // with the role's four bytes
        assertThat(tokens(Map.of(), "[" + IMAGE + "]", RequestHeaders.NONE)).isEqualTo(1 + 225);
        assertThat(tokens(Map.of(), "[" + VIDEO + "]", RequestHeaders.NONE)).isEqualTo(1 + 4500);
    }

    @Test
    void weighsPicturesAsConfigured() {
        Map<String, Object> halved = Map.of("estimate", Map.of("image", Map.of("dynamic", Map.of("factor", 2048))));
        Map<String, Object> fixed =
                Map.of("estimate", Map.of("image", Map.of("mode", "static", "static", Map.of("staticToken", 576))));

        assertThat(tokens(halved, "[" + IMAGE + "," + picture(1024, 512) + "]", RequestHeaders.NONE))
                .isEqualTo(1 + 112 + 256);
        assertThat(tokens(fixed, "[" + IMAGE + "]", RequestHeaders.NONE)).isEqualTo(1 + 576);
    }

    @Test
    void readsTheSizeOfAPicture() {
        assertThat(tokens(Map.of(), "[" + picture(2048, 1024) + "]", RequestHeaders.NONE))
                .isEqualTo(1 + 2048);
    }

    private static String picture(int width, int height) {
        byte[] png = new byte[40];
        byte[] head = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
        System.arraycopy(head, 0, png, 0, head.length);
        java.nio.ByteBuffer.wrap(png).putInt(16, width).putInt(20, height);
        return "{\"image_url\":{\"url\":\"data:image/png;base64,"
                + Base64.getEncoder().encodeToString(png) + "\"}}";
    }

    @Test
    void believesHeadersThatTellOfAVideo() {
        RequestHeaders headers = name -> switch (name) {
            case "x-llm-d-video-duration-seconds" -> "3";
            case "x-llm-d-video-resolution" -> "1024x1024";
            default -> "";
        };

        assertThat(tokens(Map.of(), "[" + VIDEO + "]", headers)).isEqualTo(1 + 6 * 1024);
        assertThat(tokens(Map.of(), "[" + VIDEO + "]", name -> "nonsense")).isEqualTo(1 + 4500);
    }

    @Test
    void stridesOverFramesAndKeepsTheLimit() {
        Map<String, Object> strided =
                Map.of("estimate", Map.of("video", Map.of("frames", Map.of("mode", "strided", "frameStride", 24))));
        Map<String, Object> limited =
                Map.of("estimate", Map.of("video", Map.of("frames", Map.of("maxVideoTokens", 1000))));

        assertThat(tokens(strided, "[" + VIDEO + "]", RequestHeaders.NONE)).isEqualTo(1 + 10 * 225);
        assertThat(tokens(limited, "[" + VIDEO + "]", RequestHeaders.NONE)).isEqualTo(1 + 1000);
    }

    @Test
    void whatIsWrongIsNamedByPathValueAndExpectation() {
        assertWrong(
                Map.of("estimate", Map.of(), "vllm", Map.of()), "parameters.vllm: beside estimate (expected: only one");
        assertWrong(
                Map.of("tokenize", Map.of(), "local", Map.of()),
                "parameters.tokenize: beside local (expected: only one");
        assertWrong(Map.of("local", Map.of()), "parameters.local.folder: missing (expected: a string)");
        assertWrong(
                Map.of("local", Map.of("folder", "/none")),
                "parameters.local.folder: /none: no such folder (expected:");
        assertWrong(
                Map.of("local", Map.of("folder", "docs")),
                "parameters.local.folder: docs/tokenizer.json: no such file (expected: a folder with a tokenizer.json");
        assertWrong(Map.of("tokenize", Map.of("url", "x")), "parameters.tokenize.url: x (expected: an address");
        assertWrong(
                Map.of("tokenize", Map.of("maxInFlight", 0)),
                "parameters.tokenize.maxInFlight: 0 (expected: an integer from 1");
        assertWrong(Map.of("tokenize", Map.of("folder", "x")), "parameters.tokenize.folder: unknown (expected: one of");
        assertWrong(Map.of("vllm", Map.of()), "parameters.modelName: missing (expected: the model that renders)");
        assertWrong(
                Map.of("modelName", "m", "vllm", Map.of("url", "x y")),
                "parameters.vllm.url: x y (expected: an address");
        assertWrong(
                Map.of("modelName", "m", "vllm", Map.of("url", "ftp://h")), "parameters.vllm.url: ftp://h (expected:");
        assertWrong(Map.of("udsTokenizerConfig", Map.of()), "parameters.udsTokenizerConfig: given (expected: vllm");
    }

    private static void assertWrong(Map<String, Object> parameters, String message) {
        assertThatThrownBy(() -> create(parameters))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private static int tokens(Map<String, Object> parameters, String content, RequestHeaders headers) {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]}";
        InferenceRequest request = new BodyReader(1 << 20)
                .read("id", Api.CHAT_COMPLETIONS, headers, RequestBytes.of(body.getBytes(UTF_8)))
                .request();
        create(parameters).produce(request, List.of());
        assertThat(request.context().promptTokens())
                .extracting(PromptTokens::source)
                .isEqualTo("estimate");
        return request.promptTokens();
    }

    @SuppressWarnings("unchecked") // the catalogue of this provider holds data producers alone
    private static DataProducer create(Map<String, Object> parameters) {
        return Plugins.create(
                (Map<String, PluginFactory<DataProducer>>) (Map<String, ?>) new TokenPlugins().plugins(),
                "token-producer",
                parameters);
    }
}
