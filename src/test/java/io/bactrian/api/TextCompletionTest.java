package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which completions two servers may answer, one the first token and one the rest. */
class TextCompletionTest {
    private static boolean goesInTwo(String body) {
        return TextCompletion.goesInTwo(new BodyReader(1 << 20)
                .read("r", Api.COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body.getBytes(UTF_8)))
                .places());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"max_tokens\":20",
                "\"stream\":true,\"stream_options\":{\"include_usage\":true}",
                "\"seed\":7,\"temperature\":0.5,\"top_p\":0.9,\"top_k\":5,\"min_p\":0.1,\"user\":\"u\",\"ignore_eos\":true",
                "\"repetition_penalty\":1.1,\"logit_bias\":{\"5\":-100},\"stop_token_ids\":[5],\"cache_salt\":\"s\"",
                "\"stop\":null,\"suffix\":null,\"logprobs\":null,\"n\":1,\"best_of\":1,\"echo\":false,\"unknown\":null",
                "\"stop\":[],\"presence_penalty\":0.0,\"frequency_penalty\":0,\"min_tokens\":0,\"bad_words\":[]"
            })
    void whatAsksForNothingOfTheWholeAnswerIsTaken(String members) {
        assertThat(goesInTwo("{\"model\":\"m\",\"prompt\":\"abc\"," + members + "}"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"n\":2",
                "\"best_of\":2",
                "\"logprobs\":0",
                "\"logprobs\":3",
                "\"prompt_logprobs\":0",
                "\"echo\":true",
                "\"suffix\":\"x\"",
                "\"stop\":\"x\"",
                "\"stop\":[\"x\"]",
                "\"presence_penalty\":0.5",
                "\"frequency_penalty\":-1",
                "\"min_tokens\":2",
                "\"bad_words\":[\"x\"]",
                "\"use_beam_search\":true",
                "\"response_format\":{\"type\":\"json_object\"}",
                "\"structured_outputs\":{}",
                "\"guided_json\":{}",
                "\"logits_processors\":[\"x\"]",
                "\"return_token_ids\":true",
                "\"add_special_tokens\":false",
                "\"truncate_prompt_tokens\":5",
                "\"max_completion_tokens\":5",
                "\"max_tokens\":null",
                "\"max_tokens\":1",
                "\"cache_hit_threshold\":0.5",
                "\"something_new\":0",
                "\"something_new\":false",
                "\"something_new\":[]",
                "\"something_new\":\"\""
            })
    void whatGoesByTheWholeAnswerOrIsNotKnownIsNotTaken(String member) {
        assertThat(goesInTwo("{\"model\":\"m\",\"prompt\":\"abc\"," + member + "}"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "4294967295,0", " 1 , 2 "})
    void tokenIdsAreAPrompt(String ids) {
        assertThat(goesInTwo("{\"model\":\"m\",\"prompt\":[" + ids + "]}")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"a\"]", "[[1]]", "[\"a\",\"b\"]", "[[1],[2]]"})
    void whatIsNeitherTextNorIdsIsNoPromptToSplit(String prompt) {
        assertThat(goesInTwo("{\"model\":\"m\",\"prompt\":" + prompt + "}")).isFalse();
    }
}
