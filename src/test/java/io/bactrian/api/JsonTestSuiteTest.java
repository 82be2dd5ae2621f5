package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads every file of https://github.com/nst/JSONTestSuite as a body.
 *
 * <p>The files are not part of this repository: run with
 * {@code -Dgroups=corpus -Dbactrian.json-test-suite=<directory test_parsing>}.
 */
@Tag("corpus")
class JsonTestSuiteTest {
    private final BodyReader reader = new BodyReader(1 << 20);

    static List<Path> files() throws IOException {
        String directory = System.getProperty("bactrian.json-test-suite");
        if (directory == null) {
            throw new IllegalStateException("bactrian.json-test-suite: not set (expected: a directory)");
        }
        try (Stream<Path> files = Files.list(Path.of(directory))) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
            assertThat(found).hasSizeGreaterThan(300);
            return found;
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void readsWhatIsJsonAndRefusesTheRest(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);

        InferenceException asDocument = refusal(content);
        InferenceException asMember = refusal(member(content));

        String name = file.getFileName().toString();
        if (name.startsWith("n_")) {
            assertThat(asDocument).isNotNull();
            assertThat(asDocument).hasMessageMatching("(?s)body: (empty|.* byte \\d+).*\\(expected: .*\\)");
        } else if (name.startsWith("y_")) {
            if (isObject(content)) {
                assertThat(asDocument).isNull();
            } else {
                assertThat(asDocument).hasMessageContaining("not an object");
            }
            assertThat(asMember).isNull();
        }
        // Neither is a request, for both lack a model.
        assertThat(catchThrowableOfType(InferenceException.class, () -> read(content))
                        .code())
                .isEqualTo(ErrorCode.BAD_REQUEST);
        assertThat(catchThrowableOfType(InferenceException.class, () -> read(member(content)))
                        .code())
                .isEqualTo(ErrorCode.BAD_REQUEST);
    }

    private void read(byte[] body) {
        reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body));
    }

    private @Nullable InferenceException refusal(byte[] body) {
        try {
            reader.check(RequestBytes.of(body));
            return null;
        } catch (InferenceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST);
            return e;
        }
    }

    private static boolean isObject(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1).strip().startsWith("{");
    }

    private static byte[] member(byte[] content) {
        byte[] head = "{\"a\":".getBytes(StandardCharsets.US_ASCII);
        byte[] body = new byte[head.length + content.length + 1];
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(content, 0, body, head.length, content.length);
        body[body.length - 1] = '}';
        return body;
    }
}
