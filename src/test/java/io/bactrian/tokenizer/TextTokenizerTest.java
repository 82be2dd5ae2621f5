package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.fixture.Tokenizers;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids that Python's tokenizers were recorded to give. */
class TextTokenizerTest {
    @ParameterizedTest
    @ValueSource(strings = {"bytes", "pieces"})
    void givesThePlainTextsTheirIds(String folder) {
        TextTokenizer tokenizer = tokenizer(folder);

        List<JsonNode> texts = recorded("recorded-texts.json", folder);
        assertThat(texts).hasSizeGreaterThan(50);
        assertThat(texts)
                .allSatisfy(text -> assertThat(tokenizer.ids(text.get("text").textValue(), true))
                        .isEqualTo(ids(text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes", "pieces"})
    void givesRenderedChatsTheirIds(String folder) {
        TextTokenizer tokenizer = tokenizer(folder);

        List<JsonNode> chats = recorded("recorded-chats.json", folder).stream()
                .filter(chat -> chat.has("ids"))
                .toList();
        assertThat(chats).hasSizeGreaterThan(40);
        assertThat(chats)
                .allSatisfy(chat -> assertThat(tokenizer.ids(chat.get("text").textValue(), false))
                        .isEqualTo(ids(chat)));
    }

    @Test
    void takesHalfACharacterForAnUnknownOne() {
        TextTokenizer tokenizer = tokenizer("bytes");

        assertThat(tokenizer.ids("a\ud800b\udc00\ud83d\udc2b\ud83d", false))
                .isEqualTo(tokenizer.ids("a\ufffdb\ufffd\ud83d\udc2b\ufffd", false));
    }

    @Test
    void refusesWhatIsNoTokenizer() {
        assertThatThrownBy(() -> TextTokenizer.of("{\"model\":1}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("line 1");
    }

    private static TextTokenizer tokenizer(String folder) {
        return new ModelFolder(Tokenizers.FOLDER.resolve(folder)).tokenizer();
    }

    private static List<JsonNode> recorded(String file, String folder) {
        return Tokenizers.recorded(file).stream()
                .filter(one -> one.get("tokenizer").textValue().equals(folder))
                .toList();
    }

    private static long[] ids(JsonNode recorded) {
        return StreamSupport.stream(recorded.get("ids").spliterator(), false)
                .flatMapToLong(id -> LongStream.of(id.longValue()))
                .toArray();
    }
}
