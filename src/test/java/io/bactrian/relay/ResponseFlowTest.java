package io.bactrian.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.StreamForm;
import io.bactrian.api.TokenUsage;
import io.bactrian.api.UsageReader;
import io.bactrian.fixture.Allocations;
import io.bactrian.fixture.RecordingCall;
import io.bactrian.request.Api;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ResponseFlowTest {
    private static final String ROLE = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    private static final String HI = "data: {\"choices\":[{\"delta\":{\"content\":\"hi \\\"usage\\\": 3\"}}]}\n\n";
    private static final String USAGE = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,"
            + "\"total_tokens\":8,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final int MAX_EVENT_BYTES = 1024;

    @Property
    void passesWholeEventsWhereverTheStreamIsSplit(
            @ForAll @IntRange(min = 1, max = 300) int first, @ForAll @IntRange(min = 1, max = 300) int second) {
        String stream = ROLE + HI + USAGE + DONE;
        ResponseFlow flow = events(false);

        String passed = feed(flow, pieces(stream, first, second));

        assertThat(passed).isEqualTo(stream);
        assertThat(flow.usage(0)).isEqualTo(new TokenUsage(7, 1, OptionalInt.of(4), 8, false));
    }

    @Property
    void leavesOutTheUsageEventItAskedForWhereverTheStreamIsSplit(
            @ForAll @IntRange(min = 1, max = 300) int first, @ForAll @IntRange(min = 1, max = 300) int second) {
        ResponseFlow flow = events(true);

        String passed = feed(flow, pieces(ROLE + HI + USAGE + DONE, first, second));

        assertThat(passed).isEqualTo(ROLE + HI + DONE);
        assertThat(flow.usage(0)).isEqualTo(new TokenUsage(7, 1, OptionalInt.of(4), 8, false));
    }

    @Property
    void dropsHalfAnEventWhenTheAnswerIsCut(@ForAll @IntRange(min = 0, max = 150) int bytes) {
        String stream = ROLE + HI;
        String begun = stream.substring(0, Math.min(bytes, stream.length()));
        ResponseFlow flow = events(false);
        flow.add(buffer(begun));

        flow.cut("data: {\"error\":{}}\n\n".getBytes(UTF_8));

        int whole = begun.lastIndexOf("\n\n") + 2;
        assertThat(drain(flow)).isEqualTo(begun.substring(0, whole < 2 ? 0 : whole) + "data: {\"error\":{}}\n\n");
        assertThat(flow.isDrained()).isTrue();
    }

    @Test
    void estimatesUsageOfAnAnswerThatEndedEarly() {
        ResponseFlow flow = events(true);
        flow.add(buffer(ROLE + HI + HI));
        flow.discard();

        assertThat(flow.usage(5)).isEqualTo(TokenUsage.estimate(5, 2));
    }

    @Test
    void copiesNoByteOfAnEventOftenThatDribblesIn() {
        int length = 100_000;
        ByteBuf one = new UnpooledByteBufAllocator(false, true).heapBuffer(1).writeByte('x');

        // A copy for each byte would be 5 GB.
        Allocations.assertBelow(100L * 1024 * 1024, () -> {
            EventPassage passage = new EventPassage(
                    new UsageReader(), false, AnswerCorrection.NONE, length, StreamForm.of(Api.MESSAGES));
            ResponseFlow flow = new ResponseFlow(passage);
            for (int i = 0; i < length; i++) {
                flow.add(one.retainedDuplicate());
            }
            flow.discard();
        });
        assertThat(one.refCnt()).isEqualTo(1);
    }

    @Test
    void refusesAnEventThatNeverEnds() {
        ResponseFlow flow = events(false);

        assertThat(flow.add(buffer("data: " + "x".repeat(MAX_EVENT_BYTES - 6)))).isTrue();
        assertThat(flow.add(buffer("x"))).isFalse();
        flow.discard();
    }

    @Test
    void pausesTheModelServerWhileTheClientIsSlow() {
        RecordingCall call = new RecordingCall();
        ResponseFlow flow = new ResponseFlow(new BodyPassage(null));
        flow.connect(call);

        flow.add(Unpooled.wrappedBuffer(new byte[40 * 1024]));
        assertThat(call.isPaused()).isFalse();
        flow.add(Unpooled.wrappedBuffer(new byte[40 * 1024]));
        assertThat(call.isPaused()).isTrue();

        release(flow.poll());
        assertThat(call.isPaused()).isTrue();
        release(flow.poll());
        assertThat(call.isPaused()).isFalse();
    }

    @Property
    void readsTheUsageOfABodyHoweverItComes(@ForAll @IntRange(min = 1, max = 120) int first) {
        String body = "{\"choices\":[{\"text\":\"hi\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}";
        ResponseFlow flow = new ResponseFlow(new BodyPassage(new UsageReader()));

        String passed = feed(flow, pieces(body, first, first));

        assertThat(passed).isEqualTo(body);
        assertThat(flow.usage(0)).isEqualTo(new TokenUsage(3, 2, OptionalInt.empty(), 5, false));
    }

    @Test
    void needsItsEndMarkUntilItHasCome() {
        ResponseFlow flow = events(false);
        flow.add(buffer(ROLE));
        assertThat(flow.needsEndMark()).isTrue();
        flow.add(buffer(DONE));
        assertThat(flow.needsEndMark()).isFalse();
        flow.discard();
    }

    private static ResponseFlow events(boolean dropsUsage) {
        return new ResponseFlow(new EventPassage(
                new UsageReader(),
                dropsUsage,
                AnswerCorrection.NONE,
                MAX_EVENT_BYTES,
                StreamForm.of(Api.CHAT_COMPLETIONS)));
    }

    private static List<String> pieces(String stream, int first, int second) {
        List<String> pieces = new ArrayList<>();
        int start = 0;
        boolean even = true;
        while (start < stream.length()) {
            int end = Math.min(stream.length(), start + (even ? first : second));
            pieces.add(stream.substring(start, end));
            start = end;
            even = !even;
        }
        return pieces;
    }

    private static String feed(ResponseFlow flow, List<String> pieces) {
        StringBuilder passed = new StringBuilder();
        for (String piece : pieces) {
            assertThat(flow.add(buffer(piece))).isTrue();
            passed.append(drain(flow));
        }
        flow.end();
        return passed.append(drain(flow)).toString();
    }

    private static String drain(ResponseFlow flow) {
        StringBuilder text = new StringBuilder();
        ByteBuf next;
        while ((next = flow.poll()) != null) {
            text.append(next.toString(UTF_8));
            next.release();
        }
        return text.toString();
    }

    private static ByteBuf buffer(String text) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer();
        buffer.writeCharSequence(text, UTF_8);
        return buffer;
    }

    private static void release(@org.jspecify.annotations.Nullable ByteBuf buffer) {
        assertThat(buffer).isNotNull();
        if (buffer != null) {
            buffer.release();
        }
    }
}
