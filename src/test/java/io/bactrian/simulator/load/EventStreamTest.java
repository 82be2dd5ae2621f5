package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class EventStreamTest {

    @Example
    void handsOverTheDataOfEachEvent() {
        assertThat(read("data: one\n\ndata:two\n\ndata: [DONE]\n\n")).containsExactly("one", "two", "[DONE]");
    }

    @Example
    void acceptsCarriageReturns() {
        assertThat(read("data: one\r\n\r\ndata: two\r\n\r\n")).containsExactly("one", "two");
    }

    @Example
    void ignoresCommentsOtherFieldsAndEventsWithoutData() {
        assertThat(read(": ping\n\nevent: x\nid: 1\ndata: one\nretry: 5\n\ndatum: no\n\n\n"))
                .containsExactly("one");
    }

    @Example
    void joinsSeveralLinesOfData() {
        assertThat(read("data: {\nid: 1\ndata: \"a\": 1\ndata: }\n\ndata: two\n\n"))
                .containsExactly("{\n\"a\": 1\n}", "two");
    }

    @Example
    void holdsAnEventBackUntilItEnds() {
        assertThat(read("data: one\n\ndata: two\n")).containsExactly("one");
    }

    @Example
    void resetForgetsTheUnfinishedEvent() {
        EventStream stream = new EventStream();
        List<String> events = new ArrayList<>();
        read(stream, "data: o", events);
        stream.reset();
        read(stream, "data: two\n\n", events);

        assertThat(events).containsExactly("two");
    }

    @Property
    void theCutsBetweenReadsDoNotMatter(
            @ForAll @Size(max = 6) List<@IntRange(min = 0, max = 2000) Integer> lengths,
            @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 3000) Integer> cuts,
            @ForAll boolean carriageReturns) {
        String end = carriageReturns ? "\r\n" : "\n";
        StringBuilder text = new StringBuilder();
        List<String> expected = new ArrayList<>();
        for (int length : lengths) {
            String data = "x".repeat(length);
            text.append("data: ").append(data).append(end);
            if (length % 3 == 0) {
                text.append("data: more").append(end);
                data += "\nmore";
            }
            text.append(end);
            expected.add(data);
        }

        EventStream stream = new EventStream();
        List<String> events = new ArrayList<>();
        int[] sorted = cuts.stream()
                .mapToInt(cut -> Math.min(cut, text.length()))
                .sorted()
                .toArray();
        int from = 0;
        for (int cut : Arrays.copyOf(sorted, sorted.length)) {
            read(stream, text.substring(from, cut), events);
            from = cut;
        }
        read(stream, text.substring(from), events);

        assertThat(events).isEqualTo(expected);
    }

    private static List<String> read(String text) {
        List<String> events = new ArrayList<>();
        read(new EventStream(), text, events);
        return events;
    }

    private static void read(EventStream stream, String text, List<String> events) {
        stream.read(
                Unpooled.copiedBuffer(text, StandardCharsets.UTF_8),
                (buffer, from, to) -> events.add(new String(buffer, from, to - from, StandardCharsets.UTF_8)));
    }
}
