package io.bactrian.component.modelserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.FirstToken;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletedAnswerTest {
    private static final int MAX_EVENT_BYTES = 1024 * 1024;

    private static final String EVENTS = "text/event-stream; charset=utf-8";
    private static final String FIRST =
            "data: {\"id\":\"d\",\"choices\":[{\"text\":\"é\",\"finish_reason\":null}]}\n\n";
    private static final String STREAM = ": ping\n\n" + FIRST
            + "data: {\"id\":\"d\",\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n\n"
            + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":6}}\n\ndata: [DONE]\n\n";
    private static final String COMPLETE = STREAM.replace(FIRST, FIRST.replace("é", " ü") + FIRST)
            .replace("\"prompt_tokens\":3", "\"prompt_tokens\":2")
            .replace("\"completion_tokens\":6", "\"completion_tokens\":7");

    /** Hears everything. */
    private static final class Heard implements UpstreamListener {
        private final ByteBuf content = Unpooled.buffer();
        private String events = "";

        @Override
        public void onHead(HttpResponse head) {
            events += "head ";
        }

        @Override
        public void onContent(ByteBuf piece) {
            content.writeBytes(piece);
            piece.release();
        }

        @Override
        public void onReadComplete() {}

        @Override
        public void onEnd(boolean delimited) {
            events += "end";
        }

        @Override
        public void onFailure(UpstreamFailure failure, String message) {
            events += failure + " ";
        }

        String text() {
            return content.toString(UTF_8);
        }
    }

    private final Heard heard = new Heard();
    private boolean aborted;

    private CompletedAnswer answer(int status, String type) throws IOException {
        String answered = "{\"choices\":[{\"text\":\" ü\",\"finish_reason\":\"length\"}],"
                + "\"kv_transfer_params\":{\"first_tok\":7}}";
        CompletedAnswer answer = new CompletedAnswer(
                heard, () -> aborted = true, FirstToken.read(answered.getBytes(UTF_8)), MAX_EVENT_BYTES);
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        answer.onHead(head);
        return answer;
    }

    private void give(CompletedAnswer answer, byte[] bytes, int from, int to) {
        answer.onContent(Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, from, to)));
        answer.onReadComplete();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void aStreamMayBeCutAnywhere(String lineEnd) throws IOException {
        byte[] stream = STREAM.replace("\n", lineEnd).getBytes(UTF_8);
        for (int cut = 0; cut <= stream.length; cut++) {
            heard.content.clear();
            heard.events = "";
            CompletedAnswer answer = answer(200, EVENTS);
            give(answer, stream, 0, cut);
            give(answer, stream, cut, stream.length);
            answer.onEnd(true);
            assertThat(heard.text()).as("cut at %d", cut).isEqualTo(COMPLETE.replace("\n", lineEnd));
            assertThat(heard.events).isEqualTo("head end");
        }
    }

    @Test
    void aStreamMayComeByteByByteAndGoesOnEventByEvent() throws IOException {
        byte[] stream = STREAM.getBytes(UTF_8);
        CompletedAnswer answer = answer(200, EVENTS);
        for (int i = 0; i < stream.length; i++) {
            give(answer, stream, i, i + 1);
            assertThat(heard.text()).matches("(?s)|.*\n\n");
        }
        assertThat(heard.text()).isEqualTo(COMPLETE);
    }

    @Test
    void jsonMayBeCutAnywhere() throws IOException {
        byte[] json = "{\"choices\":[{\"text\":\"é\"}],\"usage\":{\"completion_tokens\":1}}".getBytes(UTF_8);
        for (int cut = 0; cut <= json.length; cut++) {
            heard.content.clear();
            CompletedAnswer answer = answer(200, "application/json");
            give(answer, json, 0, cut);
            give(answer, json, cut, json.length);
            assertThat(heard.text()).isEmpty();
            answer.onEnd(true);
            assertThat(heard.text())
                    .isEqualTo("{\"choices\":[{\"text\":\" üé\"}],\"usage\":{\"completion_tokens\":2}}");
        }
    }

    /** What ends anywhere before its end never looks whole. */
    @Test
    void whatEndsTooEarlyHasNoWrongEnd() throws IOException {
        byte[] stream = STREAM.getBytes(UTF_8);
        for (int cut = 0; cut < stream.length - 1; cut++) {
            heard.content.clear();
            heard.events = "";
            CompletedAnswer answer = answer(200, EVENTS);
            give(answer, stream, 0, cut);
            answer.onEnd(true);
            if (heard.text().contains("\"text\"")) {
                assertThat(heard.events).as("cut at %d", cut).isEqualTo("head end"); // the end mark is missed behind
                assertThat(heard.text()).doesNotContain("[DONE]\n\n");
                String whole = heard.text().substring(0, heard.text().lastIndexOf("\n\n") + 2);
                assertThat(COMPLETE).startsWith(whole);
            } else {
                assertThat(heard.events).as("cut at %d", cut).isEqualTo("head PROTOCOL ");
            }
        }
        assertThat(aborted).isTrue();
    }

    @Test
    void aFailureIsHeardOfOnceAndNothingAfterIt() throws IOException {
        byte[] stream = "data: [DONE]\n\ndata: {\"choices\":[{\"text\":\"a\"}]}\n\n".getBytes(UTF_8);
        CompletedAnswer answer = answer(200, EVENTS);

        give(answer, stream, 0, stream.length);
        give(answer, stream, 0, stream.length);
        answer.onFailure(UpstreamFailure.CUT, "");
        answer.onEnd(true);

        assertThat(heard.events).isEqualTo("head PROTOCOL ");
        assertThat(heard.text()).isEmpty();
        assertThat(aborted).isTrue();
    }

    @Test
    void whatIsNoGoodAnswerPassesAsItIs() throws IOException {
        byte[] error = "{\"choices\":[{\"text\":\"a\"}]}".getBytes(UTF_8);
        CompletedAnswer answer = answer(503, "application/json");

        give(answer, error, 0, error.length);
        answer.onEnd(true);

        assertThat(heard.text()).isEqualTo(new String(error, UTF_8));
        assertThat(heard.events).isEqualTo("head end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", ""})
    void aGoodAnswerOfAnotherKindIsAFailure(String type) throws IOException {
        answer(200, type);

        assertThat(heard.events).isEqualTo("PROTOCOL ");
        assertThat(aborted).isTrue();
    }

    @Test
    void anEventThatNeverEndsIsAFailure() throws IOException {
        CompletedAnswer answer = answer(200, EVENTS);
        byte[] piece = new byte[1 << 20];
        Arrays.fill(piece, (byte) 'a');
        for (int i = 0; i < 17; i++) {
            give(answer, piece, 0, piece.length);
        }
        assertThat(heard.events).isEqualTo("head PROTOCOL ");
    }
}
