package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

/** Anthropic's messages as a chat, the way vLLM has them. */
class AnthropicChatTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void makesTheSystemsTextAMessage() {
        assertConverted(
                "{'model':'m','system':'Be kind.','messages':[{'role':'user','content':'Hi'}]}",
                "{'model':'m','messages':[{'role':'system','content':'Be kind.'},{'role':'user','content':'Hi'}]}");
        assertConverted(
                "{'model':'m','system':[{'type':'text','text':'x-anthropic-billing-header: 1'},{'type':'text','text':'Be '},"
                        + "{'type':'text','text':'kind.'}],'messages':[]}",
                "{'model':'m','messages':[{'role':'system','content':'Be kind.'}]}");
    }

    @Test
    void writesTheArgumentsOfACallAsPythonDoes() {
        assertConverted(
                "{'model':'m','messages':[{'role':'assistant','content':[{'type':'text','text':'Looking.'},"
                        + "{'type':'tool_use','id':'t1','name':'weather','input':{'city':'Zürich','days':[1,2.50,null,true]}},"
                        + "{'type':'tool_use','id':'t2','name':'clock','input':{}}]}]}",
                "{'model':'m','messages':[{'role':'assistant','content':'Looking.','tool_calls':["
                        + "{'id':'t1','type':'function','function':{'name':'weather','arguments':"
                        + "'{\\\"city\\\": \\\"Z\\\\u00fcrich\\\", \\\"days\\\": [1, 2.5, null, true]}'}},"
                        + "{'id':'t2','type':'function','function':{'name':'clock','arguments':'{}'}}]}]}");
    }

    @Test
    void putsAResultBeforeTheMessageItIsIn() {
        assertConverted(
                "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'And now?'},"
                        + "{'type':'tool_result','tool_use_id':'t1','content':[{'type':'text','text':'wet'},{'type':'text','text':'cold'},"
                        + "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}]},"
                        + "{'type':'tool_result','tool_use_id':'t2','content':'noon'}]}]}",
                "{'model':'m','messages':[{'role':'tool','tool_call_id':'t1','content':'wet\\ncold'},"
                        + "{'role':'user','content':[{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]},"
                        + "{'role':'tool','tool_call_id':'t2','content':'noon'},{'role':'user','content':'And now?'}]}");
    }

    @Test
    void leavesOutAUserWhoBringsResultsAlone() {
        assertConverted(
                "{'model':'m','messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':'x'}]}]}",
                "{'model':'m','messages':[{'role':'tool','tool_call_id':'t','content':'x'}]}");
    }

    @Test
    void keepsThoughtsAndPictures() {
        assertConverted(
                "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'What?'},"
                        + "{'type':'image','source':{'type':'url','url':'https://example.com/a.png'}}]},"
                        + "{'role':'assistant','content':[{'type':'thinking','thinking':'Hm. '},{'type':'thinking','thinking':'A camel.'},"
                        + "{'type':'redacted_thinking','data':'x'},{'type':'text','text':'A camel.'}]}]}",
                "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'What?'},"
                        + "{'type':'image_url','image_url':{'url':'https://example.com/a.png'}}]},"
                        + "{'role':'assistant','reasoning':'Hm. A camel.','content':'A camel.'}]}");
    }

    @Test
    void convertsToolsAndEffort() {
        assertConverted(
                "{'model':'m','messages':[],'thinking':{'type':'disabled'},"
                        + "'tools':[{'name':'weather','description':'Tells.','input_schema':{'type':'object'}},{'name':'clock','input_schema':{}}]}",
                "{'model':'m','messages':[],'reasoning_effort':'none','tools':["
                        + "{'type':'function','function':{'name':'weather','description':'Tells.','parameters':{'type':'object'}}},"
                        + "{'type':'function','function':{'name':'clock','parameters':{}}}]}");
    }

    private static void assertConverted(String messages, String chat) {
        assertThat(AnthropicChat.of(json(messages))).isEqualTo(json(chat));
    }

    private static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }
}
