package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import io.bactrian.api.BodyUsage;
import io.bactrian.api.SseEvents;
import io.bactrian.api.TokenUsage;
import io.bactrian.api.UsageReader;
import io.bactrian.relay.TokenGaps;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads tokens and times out of an answer that passes by in chunks, which may cut an event anywhere. Changes nothing and keeps no
 * more than the beginning of one event. One stream, one thread.
 */
final class AnswerReader {
    /** What an answer is, by its content type. */
    enum Kind {
        /** Server-sent events. */
        EVENTS,
        /** One JSON document. */
        JSON,
        /** Nothing that says how many tokens it took. */
        OTHER;

        static Kind of(String contentType, String contentEncoding) {
            if (!contentEncoding.isEmpty() && !contentEncoding.equalsIgnoreCase("identity")) {
                return OTHER;
            }
            if (contentType.regionMatches(true, 0, "text/event-stream", 0, "text/event-stream".length())) {
                return EVENTS;
            }
            return contentType.regionMatches(true, 0, "application/json", 0, "application/json".length())
                    ? JSON
                    : OTHER;
        }
    }

    /** A longer event is not read; it passes all the same. */
    private static final int MAX_EVENT_BYTES = 1 << 20;

    private static final UsageReader USAGE = new UsageReader();

    private final Kind kind;
    private final int eventsWithoutToken;
    private final SseEvents events = new SseEvents();
    private ByteString held = ByteString.EMPTY; // the beginning of an event whose end has not come
    private boolean tooLong; // the event that is passing
    private @Nullable BodyUsage body;
    private ByteString only = ByteString.EMPTY; // the first chunk of a document, while there is no second
    private @Nullable TokenUsage usage;
    private long eventsTimed;
    private long lastEventNanos;
    private @Nullable TokenGaps gaps;

    /** @param eventsWithoutToken data events an answer begins with before its first token */
    AnswerReader(Kind kind, int eventsWithoutToken) {
        this.kind = kind;
        this.eventsWithoutToken = eventsWithoutToken;
    }

    void read(ByteString chunk) {
        if (kind == Kind.EVENTS) {
            readEvents(chunk);
        } else if (kind == Kind.JSON) {
            readDocument(chunk);
        }
    }

    private void readEvents(ByteString chunk) {
        ByteBuffer view = chunk.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN); // what SseEvents reads
        int origin = view.position();
        int start = origin;
        int next = events.next(view, start);
        while (next >= 0) {
            readEvent(chunk, view, start - origin, next - origin);
            start = next;
            next = events.next(view, start);
        }
        time(events.dataEvents());
        hold(chunk, start - origin);
    }

    private void readEvent(ByteString chunk, ByteBuffer view, int from, int to) {
        if (tooLong) {
            tooLong = false;
            return;
        }
        UsageReader.EventUsage found;
        if (held.isEmpty()) {
            found = USAGE.readEvent(view.slice(from, to - from));
        } else {
            ByteString whole = held.concat(chunk.substring(from, to));
            held = ByteString.EMPTY;
            found = USAGE.readEvent(ByteBuffer.wrap(whole.toByteArray()));
        }
        if (found.usage().isPresent()) {
            TokenUsage later = found.usage().get();
            usage = usage == null ? later : usage.merge(later);
        }
    }

    private void hold(ByteString chunk, int from) {
        if (tooLong || from == chunk.size()) {
            return;
        }
        ByteString rest = chunk.substring(from);
        held = held.isEmpty() ? rest : held.concat(rest);
        if (held.size() > MAX_EVENT_BYTES) {
            held = ByteString.EMPTY;
            tooLong = true;
        }
    }

    /** Notes the time of the events that have become whole; those that came together are no time apart. */
    private void time(long seen) {
        long before = Math.max(eventsTimed, eventsWithoutToken);
        eventsTimed = seen;
        if (seen <= before) {
            return;
        }
        long now = System.nanoTime();
        boolean isFirst = before == eventsWithoutToken;
        int count = (int) (seen - before) - (isFirst ? 1 : 0);
        if (count > 0) {
            gaps = gaps == null ? new TokenGaps() : gaps;
            gaps.note(isFirst ? 0 : now - lastEventNanos, count);
        }
        lastEventNanos = now;
    }

    private void readDocument(ByteString chunk) {
        if (only.isEmpty() && body == null) {
            only = chunk; // most come in one piece, which is read faster at its end
            return;
        }
        if (body == null) {
            body = USAGE.readBody();
            body.feed(only.asReadOnlyByteBuffer());
            only = ByteString.EMPTY;
        }
        body.feed(chunk.asReadOnlyByteBuffer());
    }

    /** Ends the answer; called once, also when it is cut. */
    void end() {
        if (body != null) {
            usage = body.end().orElse(null);
            body = null;
        } else if (!only.isEmpty()) {
            usage = USAGE.readWhole(only.asReadOnlyByteBuffer()).orElse(null);
        }
        only = ByteString.EMPTY;
        held = ByteString.EMPTY;
    }

    /** Returns the tokens of the answer: as reported, else as counted on the way. */
    TokenUsage usage(int estimatedPromptTokens) {
        int counted = (int) Math.max(0, Math.min(Integer.MAX_VALUE, events.dataEvents() - eventsWithoutToken));
        return usage != null ? usage : TokenUsage.estimate(estimatedPromptTokens, counted);
    }

    /** Returns the times between events; null if there were no two. */
    @Nullable
    TokenGaps gaps() {
        return gaps;
    }
}
