package io.bactrian.relay;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.DecodeAnswer;
import io.bactrian.api.SseEvents;
import io.bactrian.api.StreamForm;
import io.bactrian.api.TokenUsage;
import io.bactrian.api.UsageReader;
import io.bactrian.api.UsageReader.EventUsage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Passes on complete server-sent events and holds an incomplete one back, so that a cut never shows half an event. The
 * event that reports usage is left out if the router asked for it and not the client.
 */
final class EventPassage implements ResponseFlow.Passage {
    private final UsageReader usageReader;
    private final boolean dropsUsage;
    private final AnswerCorrection correction;
    private final int maxEventBytes;
    private final StreamForm form;
    private final int eventsWithoutToken;
    private final SseEvents events = new SseEvents();
    private @Nullable ByteBuf held; // the beginning of an event whose end has not come
    private boolean holdsCopy; // whether that is a buffer of this passage's own, which can grow
    private @Nullable TokenUsage usage;
    private boolean corrects; // whether the event at hand may have to be corrected
    private boolean logprobsMissing;
    private boolean endMarked;
    private long eventsTimed;
    private long lastEventNanos;
    private @Nullable TokenGaps gaps;

    /**
     * @param dropsUsage whether an event that reports nothing but usage is kept from the client
     * @param correction what events are to say in place of what is there
     * @param form what is peculiar to the API
     */
    EventPassage(
            UsageReader usageReader,
            boolean dropsUsage,
            AnswerCorrection correction,
            int maxEventBytes,
            StreamForm form) {
        this.usageReader = usageReader;
        this.dropsUsage = dropsUsage;
        this.correction = correction;
        this.logprobsMissing = correction.addsLogprobs();
        this.maxEventBytes = maxEventBytes;
        this.form = form;
        this.eventsWithoutToken = form.eventsBeforeToken();
    }

    @Override
    public boolean take(ByteBuf content, ResponseFlow flow) {
        int start = content.readerIndex();
        int end = content.writerIndex();
        ByteBuffer view = content.nioBuffer(start, end - start).order(ByteOrder.LITTLE_ENDIAN); // what SseEvents reads
        int shift = start - view.position(); // from an index in the view to one in the content
        int passFrom = start;
        int eventStart = start;
        int next = events.next(view, view.position());
        while (next >= 0) {
            int eventEnd = next + shift;
            endMarked |= events.kind() == SseEvents.Kind.DONE;
            if (isDropped(content, eventStart, eventEnd, view, shift)) {
                passOn(content, passFrom, eventStart, flow);
                passFrom = eventEnd;
            } else if (corrects) {
                passOn(content, passFrom, eventStart, flow);
                flow.enqueue(corrected(content, eventStart, eventEnd));
                passFrom = eventEnd;
            } else if (held != null) {
                flow.enqueue(held);
                held = null;
            }
            eventStart = eventEnd;
            next = events.next(view, next);
        }
        time(events.dataEvents());
        if (passFrom == start && eventStart == end && held == null) {
            flow.enqueue(content); // the common case: whole events, all of them wanted
            return true;
        }
        passOn(content, passFrom, eventStart, flow);
        hold(content, eventStart, end);
        content.release();
        return held == null || held.readableBytes() <= maxEventBytes;
    }

    /** Notes the time of the events that have become whole; those that came together are no time apart. */
    private void time(long seen) {
        long before = Math.max(eventsTimed, eventsWithoutToken);
        eventsTimed = seen;
        if (seen <= before) {
            return;
        }
        long now = System.nanoTime();
        long since = now - lastEventNanos;
        lastEventNanos = now;
        boolean isFirst = before == eventsWithoutToken;
        int count = (int) (seen - before) - (isFirst ? 1 : 0);
        if (count > 0) {
            gaps = gaps == null ? new TokenGaps() : gaps;
            gaps.note(isFirst ? 0 : since, count);
        }
    }

    private static void passOn(ByteBuf content, int from, int to, ResponseFlow flow) {
        if (to > from) {
            flow.enqueue(content.retainedSlice(from, to - from));
        }
    }

    /** Reads the event's usage and tells whether the event is kept from the client; then what was held of it is freed. */
    private boolean isDropped(ByteBuf content, int from, int to, ByteBuffer view, int shift) {
        EventUsage found;
        if (held == null) {
            int position = view.position();
            int limit = view.limit();
            view.limit(to - shift).position(from - shift);
            found = usageReader.readEvent(view);
            endMarked |= form.isEnd(view);
            view.limit(limit).position(position);
        } else {
            byte[] whole = new byte[held.readableBytes() + to - from];
            held.getBytes(held.readerIndex(), whole, 0, held.readableBytes());
            content.getBytes(from, whole, held.readableBytes(), to - from);
            found = usageReader.readEvent(ByteBuffer.wrap(whole));
            endMarked |= form.isEnd(ByteBuffer.wrap(whole));
        }
        if (found.usage().isPresent()) {
            TokenUsage later = found.usage().get();
            usage = usage == null ? later : usage.merge(later);
        }
        boolean dropped = dropsUsage && found.only();
        corrects = !dropped
                && (logprobsMissing
                        || (correction.changesUsage() && found.usage().isPresent()));
        if (dropped) {
            releaseHeld();
        }
        return dropped;
    }

    /** Returns the event that ends with the bytes from {@code from} to {@code to}, with its usage corrected. */
    private ByteBuf corrected(ByteBuf content, int from, int to) {
        int before = held == null ? 0 : held.readableBytes();
        byte[] whole = new byte[before + to - from];
        if (held != null) {
            held.getBytes(held.readerIndex(), whole, 0, before);
        }
        content.getBytes(from, whole, before, to - from);
        releaseHeld();
        byte[] corrected = DecodeAnswer.correctEvent(whole, correction);
        logprobsMissing &= corrected == whole; // they are told once
        return Unpooled.wrappedBuffer(corrected);
    }

    private void hold(ByteBuf content, int from, int to) {
        if (to == from) {
            return;
        }
        if (held == null) {
            held = content.retainedSlice(from, to - from);
            holdsCopy = false;
            return;
        }
        if (!holdsCopy) {
            // Copied, not chained: an event that dribbles in byte by byte must not cost a buffer object for each.
            ByteBuf copy = content.alloc().buffer(2 * (held.readableBytes() + to - from));
            copy.writeBytes(held, held.readerIndex(), held.readableBytes());
            held.release();
            held = copy;
            holdsCopy = true;
        }
        held.writeBytes(content, from, to - from); // grows to twice its size, so that no byte is copied often
    }

    @Override
    public void end(ResponseFlow flow) {
        if (held != null) {
            flow.enqueue(held);
            held = null;
        }
    }

    @Override
    public void close() {
        releaseHeld();
    }

    private void releaseHeld() {
        if (held != null) {
            held.release();
            held = null;
        }
    }

    @Override
    public boolean isEventStream() {
        return true;
    }

    @Override
    public boolean needsEndMark() {
        return !endMarked;
    }

    @Override
    public Optional<TokenUsage> reported() {
        return Optional.ofNullable(usage);
    }

    @Override
    public @Nullable TokenGaps gaps() {
        return gaps;
    }

    @Override
    public int tokensSeen() {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, events.dataEvents() - eventsWithoutToken));
    }
}
