package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.SseEvents.Kind;
import io.bactrian.fixture.Chunks;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseEventsTest {
    /** An event as a splitter sees it: its end in the stream and what it carried. */
    private record Found(int end, Kind kind) {}

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void findsEveryEventWhereverTheStreamIsCut(String eol) {
        byte[] stream = """
                data: {"token":"a"}

                : a comment

                event: ping
                data:{"token":"b"}
                data: and more

                data

                retry: 10

                data: [DONE]

                """.replace("\n", eol).getBytes(UTF_8);
        List<Found> whole = naive(stream);
        assertThat(whole)
                .extracting(Found::kind)
                .containsExactly(Kind.DATA, Kind.EMPTY, Kind.DATA, Kind.DATA, Kind.EMPTY, Kind.DONE);

        for (int cut = 0; cut <= stream.length; cut++) {
            assertThat(split(Chunks.cutAt(stream, cut))).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    @Property(tries = 2000)
    void agreesWithTheNaiveSplitter(@ForAll("streams") String text, @ForAll Random random) {
        byte[] stream = text.getBytes(UTF_8);
        List<Found> expected = naive(stream);

        assertThat(split(Chunks.random(stream, 1 + random.nextInt(20), random))).isEqualTo(expected);
    }

    @Provide
    Arbitrary<String> streams() {
        Arbitrary<String> lines = Arbitraries.of(
                "data: [DONE]",
                "data:[DONE]",
                "data: [DONE] ",
                "data:  [DONE]",
                "data: [DON",
                "data: {\"x\":\"a long line of more than sixteen bytes\"}",
                "data: é",
                "data:",
                "data",
                "datum: x",
                "dat",
                ": data: x",
                "event: data",
                "",
                "",
                "");
        // One kind of line end a stream: CR, then LF at a cut, are one end or two, and only the whole stream tells.
        return Arbitraries.of("\n", "\r\n", "\r")
                .flatMap(eol -> lines.list().ofMaxSize(20).map(list -> String.join(eol, list)));
    }

    @Test
    void endsAnEventAtOnceWhenItsLinesEndWithCr() {
        SseEvents events = new SseEvents();

        assertThat(events.next(ByteBuffer.wrap("data: a\r\r".getBytes(UTF_8)), 0))
                .isEqualTo(9);
    }

    @Test
    void waitsForTheLfWhenLinesEndWithCrLf() {
        SseEvents events = new SseEvents();
        ByteBuffer rest = ByteBuffer.wrap("\ndata: b\r\n\r\n".getBytes(UTF_8));

        assertThat(events.next(ByteBuffer.wrap("data: a\r\n\r".getBytes(UTF_8)), 0))
                .isEqualTo(-1);
        assertThat(events.next(rest, 0)).isEqualTo(1);
        assertThat(events.next(rest, 1)).isEqualTo(12);
        assertThat(events.dataEvents()).isEqualTo(2);
    }

    @Test
    void takesTheEventAsWholeWhenTheStreamEndsBeforeTheLf() {
        SseEvents events = new SseEvents();
        events.next(ByteBuffer.wrap("data: a\r\n\r".getBytes(UTF_8)), 0);

        assertThat(events.finish()).isTrue();
        assertThat(events.kind()).isEqualTo(Kind.DATA);
    }

    @Test
    void hasNoWholeEventInACutOne() {
        SseEvents events = new SseEvents();
        events.next(ByteBuffer.wrap("data: a\r\n".getBytes(UTF_8)), 0);

        assertThat(events.finish()).isFalse();
    }

    private static List<Found> split(List<ByteBuffer> pieces) {
        SseEvents events = new SseEvents();
        List<Found> found = new ArrayList<>();
        int start = 0;
        for (ByteBuffer piece : pieces) {
            int from = piece.position();
            for (int end = events.next(piece, from); end >= 0; end = events.next(piece, end)) {
                found.add(new Found(start + end - from, events.kind()));
            }
            start += piece.remaining();
        }
        if (events.finish()) {
            found.add(new Found(start, events.kind()));
        }
        long data = found.stream().filter(event -> event.kind == Kind.DATA).count();
        assertThat(events.dataEvents()).isEqualTo(data);
        return found;
    }

    /** Splits a whole stream line by line, the obvious way. */
    private static List<Found> naive(byte[] stream) {
        String text = new String(stream, UTF_8);
        List<Found> found = new ArrayList<>();
        List<String> data = new ArrayList<>();
        Matcher line = Pattern.compile("([^\r\n]*)(\r\n|\r|\n)").matcher(text);
        while (line.find()) {
            String content = line.group(1);
            if (content.isEmpty()) {
                int end = text.substring(0, line.end()).getBytes(UTF_8).length;
                found.add(new Found(end, kind(data)));
                data.clear();
            } else if (content.equals("data")) {
                data.add("");
            } else if (content.startsWith("data:")) {
                data.add(content.substring(5).replaceFirst("^ ", ""));
            }
        }
        return found;
    }

    private static Kind kind(List<String> data) {
        if (data.equals(List.of("[DONE]"))) {
            return Kind.DONE;
        }
        return data.isEmpty() ? Kind.EMPTY : Kind.DATA;
    }
}
