package io.bactrian.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.tokenizer.AnswerCount.Counted;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Counts in answers that arrive in pieces. */
class AnswerCountTest {
    @Test
    void readsWhatVllmAndSglangAnswerHoweverItIsCut() {
        String vllm = "{\"count\":12,\"max_model_len\":4096,\"tokens\":[7,8,9],\"token_strs\":null}";
        String sglang = "{\"tokens\":[1,2],\"inner\":{\"count\":99},\"count\":2,\"max_model_len\":-1}";
        String rendered = "[{\"token_ids\":[1,2,3],\"features\":{\"x\":[4]}},{\"other\":[5],\"token_ids\":[]}]";
        for (int size = 1; size < 80; size++) {
            assertThat(count(vllm, size, Counted.COUNT)).isEqualTo(12);
            assertThat(count(sglang, size, Counted.COUNT)).isEqualTo(2);
            assertThat(count(rendered, size, Counted.TOKEN_IDS)).isEqualTo(3);
        }
    }

    @Test
    void refusesWhatIsNoCount() {
        for (String answer : List.of(
                "", "{}", "{\"count\":[1,2]}", "{\"count\":-1}", "{\"count\":1", "{\"count\":99999999999}", "<html>")) {
            assertThatThrownBy(() -> count(answer, 100, Counted.COUNT))
                    .describedAs(answer)
                    .isNotNull();
        }
        assertThatThrownBy(() -> count("{\"count\":1}", 100, null)).hasMessageContaining("status");
    }

    private static int count(String answer, int size, @Nullable Counted counted) {
        AnswerCount reader = new AnswerCount(counted);
        reader.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long n) {
                assertThat(n).isPositive();
            }

            @Override
            public void cancel() {
                // nothing comes after it here
            }
        });
        byte[] bytes = answer.getBytes(UTF_8);
        for (int from = 0; from < bytes.length; from += size) {
            reader.onNext(List.of(ByteBuffer.wrap(bytes, from, Math.min(size, bytes.length - from))));
        }
        reader.onComplete();
        CompletableFuture<Integer> body = reader.getBody().toCompletableFuture();
        return body.join();
    }
}
