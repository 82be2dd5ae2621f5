package io.bactrian.relay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.StreamForm;
import io.bactrian.api.TokenUsage;
import io.bactrian.api.UsageReader;
import io.bactrian.fixture.FuzzInput;
import io.bactrian.fixture.RecordedApis;
import io.bactrian.fixture.StrictJson;
import io.bactrian.request.Api;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a model server answers: what the client gets and what is counted do not depend on where it was cut, and little is held. */
class AnswerFuzzTest {
    private static final List<Api> APIS =
            List.of(Api.CHAT_COMPLETIONS, Api.MESSAGES, Api.RESPONSES, Api.SGLANG_GENERATE);
    private static final List<String> LINE_ENDS = List.of("\n", "\r\n", "\r");
    private static final int MAX_EVENT_BYTES = 2048;
    private static final AnswerCorrection CORRECTION = new AnswerCorrection(3, "[[-0.10,5,null]]");

    /** The longest piece, the event held while the next piece is added to it, and buffers that grow to twice their size. */
    private static final int MAX_HELD_BYTES = 4 * MAX_EVENT_BYTES + 1024;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);

    static Stream<byte[]> streams() {
        return recorded(true);
    }

    static Stream<byte[]> bodies() {
        return recorded(false);
    }

    private static Stream<byte[]> recorded(boolean streams) {
        return RecordedApis.requests().stream()
                .filter(request -> request.streams() == streams)
                .flatMap(request ->
                        Stream.of(0, 23, 33, 113).map(choice -> new FuzzInput(choice, 11, request.answer()).bytes()));
    }

    @MethodSource("streams")
    @FuzzTest(maxDuration = "")
    void passesEventsWhereverTheyAreCut(byte[] input) {
        FuzzInput given = FuzzInput.of(input);
        // Where lines end in several ways, CR and then LF are one end or two, which the whole stream alone can tell.
        String text =
                new String(given.payload(), ISO_8859_1).replace("\r\n", "\n").replace('\r', '\n');
        byte[] stream =
                text.replace("\n", LINE_ENDS.get(given.choice() / 64 % 3)).getBytes(ISO_8859_1);

        Passed whole = pass(List.of(ByteBuffer.wrap(stream)), events(given.choice()));
        Passed pieces = pass(new FuzzInput(0, 1 + given.cut(), stream).pieces(), events(given.choice()));

        if (pieces.complete()) {
            assertThat(pieces).isEqualTo(whole);
        } else {
            assertThat(whole.text()).startsWith(pieces.text());
        }
    }

    @MethodSource("streams")
    @FuzzTest(maxDuration = "")
    void passesEventsOnUnchanged(byte[] input) {
        FuzzInput given = FuzzInput.of(input);
        EventPassage unchanging = new EventPassage(
                new UsageReader(), false, AnswerCorrection.NONE, MAX_EVENT_BYTES, StreamForm.of(given.choose(APIS)));

        Passed passed = pass(given.pieces(), new ResponseFlow(unchanging));

        assertThat(new String(given.payload(), ISO_8859_1)).startsWith(passed.text());
        assertThat(passed.text().length() == given.payload().length || !passed.complete())
                .isTrue();
    }

    @MethodSource("bodies")
    @FuzzTest(maxDuration = "")
    void passesABodyWhereverItIsCut(byte[] input) {
        FuzzInput given = FuzzInput.of(input);

        Passed whole = pass(List.of(ByteBuffer.wrap(given.payload())), body(given.choice()));
        Passed pieces = pass(new FuzzInput(0, 1 + given.cut(), given.payload()).pieces(), body(given.choice()));

        assertThat(pieces.text()).isEqualTo(whole.text());
        assertThat(pieces.name()).isEqualTo(whole.name());
        if (StrictJson.readOrNull(given.payload()) != null) {
            assertThat(pieces.usage()).isEqualTo(whole.usage());
        }
    }

    private static ResponseFlow events(int choice) {
        Api api = APIS.get(choice / 4 % APIS.size());
        EventPassage passage = new EventPassage(
                api == Api.SGLANG_GENERATE ? UsageReader.ofSglang() : new UsageReader(),
                choice % 2 == 1,
                choice / 2 % 2 == 1 ? CORRECTION : AnswerCorrection.NONE,
                MAX_EVENT_BYTES,
                StreamForm.of(api));
        return new ResponseFlow(passage, renaming(choice, true), new AnswerName(true));
    }

    private static ResponseFlow body(int choice) {
        UsageReader reader = choice / 4 % 2 == 1 ? UsageReader.ofSglang() : new UsageReader();
        ResponseFlow.Passage passage = choice % 2 == 1
                ? new CorrectedBodyPassage(reader, CORRECTION, choice / 2 % 2 == 1 ? 64 : MAX_EVENT_BYTES)
                : new BodyPassage(reader);
        return new ResponseFlow(passage, renaming(choice, false), new AnswerName(false));
    }

    private static @Nullable ModelRenaming renaming(int choice, boolean events) {
        return choice / 16 % 2 == 1 ? new ModelRenaming("served-model", "asked \"é", events) : null;
    }

    /**
     * What has come out of a flow.
     *
     * @param text what the client got, each byte a char
     * @param name what the answer is called
     * @param complete whether all of the answer was taken
     */
    private record Passed(String text, String name, TokenUsage usage, boolean endMarked, boolean complete) {}

    private Passed pass(List<ByteBuffer> pieces, ResponseFlow flow) {
        StringBuilder text = new StringBuilder();
        boolean complete = true;
        for (ByteBuffer piece : pieces) {
            ByteBuf content = allocator.heapBuffer(piece.remaining());
            content.writeBytes(piece.duplicate());
            if (!flow.add(content)) {
                complete = false;
                break;
            }
            drain(flow, text);
            if (pieces.size() > 1 && flow.isEventStream()) {
                assertThat(allocator.metric().usedHeapMemory()).isLessThan(MAX_HELD_BYTES);
            }
        }
        boolean endMarked = !flow.needsEndMark();
        if (complete) {
            flow.end();
        }
        drain(flow, text);
        flow.discard();
        assertThat(allocator.metric().usedHeapMemory()).as("leaked").isZero();
        return new Passed(text.toString(), flow.name(), flow.usage(0), endMarked, complete);
    }

    private static void drain(ResponseFlow flow, StringBuilder text) {
        for (ByteBuf next = flow.poll(); next != null; next = flow.poll()) {
            text.append(next.toString(ISO_8859_1));
            next.release();
        }
    }
}
