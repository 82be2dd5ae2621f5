package io.bactrian.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelRenamingTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String SERVED = "served-model";
    private static final String CLIENT = "asked/\"model\" é";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chat.json", "chat.sse", "completion.json", "completion.sse", "response.json", "response.sse",
                "conversation.json", "embedding.json", "image.json", "message.json", "message.sse", "count.json",
                "sglang.json", "sglang.sse"
            })
    void renamesAsATreeEditDoesWhereverAnAnswerIsCut(String file) throws IOException {
        byte[] answer = Files.readAllBytes(Path.of("test-fixtures/apis/answers", file));
        boolean events = file.endsWith(".sse");
        String whole = renamed(answer, events, answer.length);

        String[] lines = new String(answer, UTF_8).split("\n", -1);
        String[] got = whole.split("\n", -1);
        assertThat(got).hasSameSizeAs(lines);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].replaceFirst("^data: ", "");
            if (line.startsWith("{")) {
                assertThat(MAPPER.readTree(got[i].replaceFirst("^data: ", "")))
                        .isEqualTo(edited(MAPPER.readTree(line)));
            } else {
                assertThat(got[i]).isEqualTo(lines[i]);
            }
        }
        for (int cut = 0; cut <= answer.length; cut++) {
            assertThat(renamed(answer, events, cut)).as("cut at %d", cut).isEqualTo(whole);
        }
        assertThat(renamed(answer, events, -1)).as("byte by byte").isEqualTo(whole);
    }

    private static JsonNode edited(JsonNode tree) {
        ObjectNode copy = tree.deepCopy();
        rename(copy);
        rename(copy.path("response"));
        rename(copy.path("message"));
        return copy;
    }

    private static void rename(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("model").asText().equals(SERVED)) {
            object.put("model", CLIENT);
        }
    }

    @Test
    void leavesAnotherModelAlone() {
        String answer = "{\"model\":\"another\"}";

        assertThat(renamed(answer.getBytes(UTF_8), false, 3)).isEqualTo(answer);
    }

    @Test
    void knowsANameThatIsWrittenInAscii() {
        ModelRenaming renaming = new ModelRenaming("modèle", "asked", false);
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        renaming.pass(Unpooled.copiedBuffer("{\"model\": \"mod\\u00e8le\"}", UTF_8), piece -> take(piece, out));

        assertThat(out.toString(UTF_8)).isEqualTo("{\"model\": \"asked\"}");
    }

    @Test
    void passesOnANameWithoutEnd() {
        String answer = "{\"model\":\"" + "x".repeat(5000);

        assertThat(renamed(answer.getBytes(UTF_8), false, -1)).isEqualTo(answer);
        assertThat(renamed("{\"model\":\"served".getBytes(UTF_8), false, 12)).isEqualTo("{\"model\":\"served");
    }

    /** Whatever a model server sends, nothing but a name is changed, and nothing fails. */
    @Property(tries = 2000)
    void changesNothingElse(@ForAll Random random) {
        String[] pieces = {
            "{",
            "}",
            "[",
            "]",
            "\"model\"",
            ":",
            ",",
            "\"",
            "\\",
            "\n",
            "\r",
            "data:",
            "data: ",
            " ",
            "\"response\"",
            "x",
            "1",
            "\"other\""
        };
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(60); i > 0; i--) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        byte[] bytes = text.toString().getBytes(UTF_8);

        assertThat(renamed(bytes, random.nextBoolean(), random.nextInt(bytes.length + 1)))
                .isEqualTo(text.toString());
    }

    /** Returns {@code answer}, renamed in two pieces that are cut at {@code cut}, or byte by byte for -1. */
    private static String renamed(byte[] answer, boolean events, int cut) {
        ModelRenaming renaming = new ModelRenaming(SERVED, CLIENT, events);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int from = 0;
        while (from < answer.length) {
            int to = cut < 0 ? from + 1 : from < cut ? cut : answer.length;
            ByteBuf piece = Unpooled.copiedBuffer(answer, from, to - from);
            renaming.pass(piece, passed -> take(passed, out));
            assertThat(piece.refCnt()).isZero();
            from = to;
        }
        renaming.end(passed -> take(passed, out));
        return out.toString(UTF_8);
    }

    private static void take(ByteBuf piece, ByteArrayOutputStream out) {
        byte[] bytes = new byte[piece.readableBytes()];
        piece.readBytes(bytes);
        out.writeBytes(bytes);
        piece.release();
    }
}
