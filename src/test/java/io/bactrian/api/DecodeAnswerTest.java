package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodeAnswerTest {
    private static final AnswerCorrection CACHED = new AnswerCorrection(16, "");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"usage":{"prompt_tokens":41,"prompt_tokens_details":{"cached_tokens":40}}}|{"usage":{"prompt_tokens":41,"prompt_tokens_details":{"cached_tokens":16}}}
            {"usage":{"prompt_tokens":41,"prompt_tokens_details":null}}|{"usage":{"prompt_tokens":41,"prompt_tokens_details":{"cached_tokens":16}}}
            {"usage":{"prompt_tokens":41}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16},"prompt_tokens":41}}
            {"usage":{ }}|{"usage":{"prompt_tokens_details":{"cached_tokens":16} }}
            {"usage":{"prompt_tokens_details":{"audio":1}}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16,"audio":1}}}
            {"usage":{"prompt_tokens_details":{"cached_tokens":null , "audio":1.50}}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16 , "audio":1.50}}}
            {"usage":{"prompt_tokens_details":{"cached_tokens":"4\\"0" }}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16 }}}
            {"usage":{"prompt_tokens_details":{"cached_tokens":true,"x":[]}}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16,"x":[]}}}
            {"usage":{"prompt_tokens_details":{"cached_tokens":[40, {}]}}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16}}}
            {"usage":{"prompt_tokens_details":[1] }}|{"usage":{"prompt_tokens_details":{"cached_tokens":16} }}
            {"usage":{"prompt_tokens_details":7}}|{"usage":{"prompt_tokens_details":{"cached_tokens":16}}}
            {"usage":null,"x":1e400}|{"usage":null,"x":1e400}
            {"choices":[{"usage":{"prompt_tokens_details":null}}]}|{"choices":[{"usage":{"prompt_tokens_details":null}}]}
            {"id":"a","kv_transfer_params":{"remote_host":"10.0.0.11"},"x":"\\u00e9"}|{"id":"a","x":"\\u00e9"}
            {"kv_transfer_params":null, "id":"a"}|{"id":"a"}
            {"kv_transfer_params":[1] }|{ }
            {"id":"a" , "kv_transfer_params":null }|{"id":"a" }
            {"usage":{"prompt_tokens":1|{"usage":{"prompt_tokens":1
            [1]|[1]
            """)
    void onlyWhatIsWrongChanges(String answer, String corrected) {
        assertThat(new String(DecodeAnswer.correct(answer.getBytes(UTF_8), CACHED), UTF_8))
                .isEqualTo(corrected);
        assertThat(new String(
                        DecodeAnswer.correctEvent(("id: 7\r\ndata: " + answer + "\r\n\r\n").getBytes(UTF_8), CACHED),
                        UTF_8))
                .isEqualTo("id: 7\r\ndata: " + corrected + "\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"meta_info":{"input_token_logprobs":[[-1.50,7,null],[-2,8]],"x":[]}}|{"meta_info":{"input_token_logprobs":[[-0.10,5,null],[-1.50,7,null],[-2,8]],"x":[]}}
            {"meta_info":{"input_token_logprobs":[]},"text":"a"}|{"meta_info":{"input_token_logprobs":[[-0.10,5,null]]},"text":"a"}
            {"meta_info":{"a":{"b":[1]},"input_token_logprobs":null}}|{"meta_info":{"a":{"b":[1]},"input_token_logprobs":[[-0.10,5,null]]}}
            {"meta_info":{"usage":1}}|{"meta_info":{"usage":1}}
            {"usage":{"prompt_tokens":41}}|{"usage":{"prompt_tokens":41}}
            """)
    void whatTheOtherKnowsOfThePromptGoesBefore(String answer, String corrected) {
        AnswerCorrection correction = new AnswerCorrection(AnswerCorrection.AS_REPORTED, "[[-0.10,5,null]]");

        assertThat(new String(DecodeAnswer.correct(answer.getBytes(UTF_8), correction), UTF_8))
                .isEqualTo(corrected);
    }
}
