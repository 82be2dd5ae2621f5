package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A chat's body as vLLM prepares it for a template. */
class ChatReaderTest {
    @Test
    void joinsTheTextsOfAMessageForATemplateThatWantsText() {
        Chat chat = read(
                "{'messages':[{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url'},'b']}]}",
                false);

        assertThat(chat.messages()).containsExactly(Map.of("role", "user", "content", "a\nb"));
    }

    @Test
    void keepsPartsForATemplateThatGoesThroughThem() {
        Chat chat = read(
                "{'messages':[{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url','image_url':{'url':'u'}},"
                        + "{'type':'input_audio'}]},{'role':'tool','tool_call_id':'t','content':[{'type':'text','text':'r'}]}]}",
                true);

        assertThat(chat.messages().get(0).get("content"))
                .isEqualTo(
                        List.of(Map.of("type", "text", "text", "a"), Map.of("type", "image"), Map.of("type", "audio")));
        assertThat(chat.messages().get(1)).isEqualTo(Map.of("role", "tool", "tool_call_id", "t", "content", "r"));
    }

    @Test
    void readsTheArgumentsOfCalls() {
        Chat chat = read(
                "{'messages':[{'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':["
                        + "{'id':'1','type':'function','function':{'name':'f','arguments':'{\\\"a\\\": 1}'}},"
                        + "{'id':'2','type':'function','function':{'name':'g','arguments':'no json'}}]},"
                        + "{'role':'assistant','content':'x','tool_calls':[]}]}",
                false);

        assertThat(chat.messages().get(0))
                .containsEntry("content", "")
                .containsEntry("reasoning_content", "hm")
                .containsEntry(
                        "tool_calls",
                        List.of(
                                Map.of(
                                        "id",
                                        "1",
                                        "type",
                                        "function",
                                        "function",
                                        Map.of("name", "f", "arguments", Map.of("a", 1L))),
                                Map.of(
                                        "id",
                                        "2",
                                        "type",
                                        "function",
                                        "function",
                                        Map.of("name", "g", "arguments", Map.of()))));
        assertThat(chat.messages().get(1)).isEqualTo(Map.of("role", "assistant", "content", "x"));
    }

    @Test
    void readsWhatElseATemplateIsGiven() {
        Chat chat = read(
                "{'messages':[],'tools':[{'a':1}],'documents':[{'text':'d'}],'add_generation_prompt':false,'reasoning_effort':'none',"
                        + "'chat_template_kwargs':{'x':true}}",
                false);

        assertThat(chat)
                .isEqualTo(new Chat(
                        List.of(),
                        List.of(Map.of("a", 1L)),
                        List.of(Map.of("text", "d")),
                        false,
                        false,
                        Map.of("reasoning_effort", "none", "enable_thinking", false, "x", true)));
        assertThat(read("{'messages':[]}", false).addGenerationPrompt()).isTrue();
    }

    private static Chat read(String body, boolean asParts) {
        try {
            return ChatReader.read(new ObjectMapper().readTree(body.replace('\'', '"')), asParts);
        } catch (JsonProcessingException e) {
            throw new AssertionError(body, e);
        }
    }
}
