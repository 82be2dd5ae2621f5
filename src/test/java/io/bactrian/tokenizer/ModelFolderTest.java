package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in a model's folder, in the forms that it has had over time. */
class ModelFolderTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsATemplateOfItsOwnFile() {
        ModelFolder bytes = new ModelFolder(Tokenizers.FOLDER.resolve("bytes"));

        assertThat(bytes.templates()).containsOnlyKeys("default");
        assertThat(bytes.namedTokens()).isEqualTo(Map.of("bos_token", "<|begin|>", "eos_token", "<|end|>"));
    }

    @Test
    void readsTemplatesByName() {
        ModelFolder pieces = new ModelFolder(Tokenizers.FOLDER.resolve("pieces"));

        assertThat(pieces.templates()).containsOnlyKeys("default", "tool_use");
        assertThat(pieces.namedTokens()).containsEntry("unk_token", "<unk>");
    }

    @Test
    void prefersTheFileToTheConfiguration() throws IOException {
        write("tokenizer_config.json", "{\"chat_template\":\"{% wrong %}\"}");
        assertThatThrownBy(() -> new ModelFolder(folder).templates())
                .hasMessage(folder.resolve("tokenizer_config.json")
                        + ": chat template, line 1: tag 'wrong' is not known, or does not belong to a chat template");

        write("tokenizer_config.json", "{}");
        write("chat_template.jinja", "right");
        Files.createDirectory(folder.resolve("additional_chat_templates"));
        write("additional_chat_templates/tool_use.jinja", "with tools");
        assertThat(new ModelFolder(folder).templates()).containsOnlyKeys("default", "tool_use");
    }

    @Test
    void namesTheFileThatIsWrong() throws IOException {
        assertThatThrownBy(() -> new ModelFolder(folder.resolve("none")))
                .hasMessage(folder.resolve("none") + ": no such folder");
        assertThatThrownBy(() -> new ModelFolder(folder).tokenizer())
                .hasMessage(folder.resolve("tokenizer.json") + ": no such file");

        write("tokenizer.json", "{");
        assertThatThrownBy(() -> new ModelFolder(folder).tokenizer())
                .hasMessageStartingWith(folder.resolve("tokenizer.json") + ": ")
                .hasMessageContaining("line 1");
        write("chat_template.jinja", "one\n{{ 1 + }}");
        assertThatThrownBy(() -> new ModelFolder(folder).templates())
                .hasMessageStartingWith(folder.resolve("chat_template.jinja") + ": chat template, line 2: ");
        write("tokenizer_config.json", "nothing");
        assertThatThrownBy(() -> new ModelFolder(folder))
                .hasMessageStartingWith(folder.resolve("tokenizer_config.json") + ": no JSON: ");
        Files.write(folder.resolve("tokenizer_config.json"), new byte[] {(byte) 0xff});
        assertThatThrownBy(() -> new ModelFolder(folder))
                .hasMessage(folder.resolve("tokenizer_config.json") + ": not in UTF-8");
        write("tokenizer_config.json", "{\"chat_template\":[{\"name\":\"rag\",\"template\":\"\"}]}");
        Files.delete(folder.resolve("chat_template.jinja"));
        assertThatThrownBy(() -> new ModelFolder(folder).templates())
                .hasMessage(folder.resolve("tokenizer_config.json")
                        + ": chat templates [rag] (expected: one named default)");
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }
}
