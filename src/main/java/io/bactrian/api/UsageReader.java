package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads token usage out of answers: from one server-sent event at a time, or from a body that comes in pieces.
 *
 * <p>What cannot be read has no usage; nothing is thrown at the relay, whose bytes go on all the same. Safe between threads.
 */
public final class UsageReader {
    /** What a string of an answer may take in memory while the answer is read; twice this in bytes. */
    private static final int MAX_STRING_LENGTH = 1 << 20;

    private static final byte[] NEEDLE = {'"', 'u', 's', 'a', 'g', 'e', '"'};
    private static final int[] SHIFTS = shifts();

    private final JsonFactory factory = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(MAX_STRING_LENGTH)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /**
     * What an event says of usage.
     *
     * @param usage the tokens, if the event reports them
     * @param only whether the event reports usage and nothing else, so that dropping it takes no token from the client
     */
    public record EventUsage(Optional<TokenUsage> usage, boolean only) {
        /** No word of usage. */
        public static final EventUsage NONE = new EventUsage(Optional.empty(), false);
    }

    /** Reads one complete event, from the position of {@code event} to its limit; leaves both alone. */
    public EventUsage readEvent(ByteBuffer event) {
        if (!mentionsUsage(event)) {
            return EventUsage.NONE;
        }
        byte[] data = SseData.of(event);
        UsageTokens tokens = new UsageTokens();
        try (JsonParser parser = factory.createParser(data)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                tokens.accept(token, parser);
            }
        } catch (IOException e) {
            return EventUsage.NONE;
        }
        Optional<TokenUsage> usage = tokens.usage();
        return new EventUsage(usage, usage.isPresent() && tokens.hasEmptyChoices());
    }

    /** Returns a reader of one body that comes in pieces. */
    public BodyUsage readBody() {
        try {
            return new BodyUsage(factory.createNonBlockingByteBufferParser());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Tells whether the event holds a member called usage that is more than null. Runs on every token of every stream, so it looks at
     * one byte in seven where it can (Boyer-Moore-Horspool).
     */
    static boolean mentionsUsage(ByteBuffer event) {
        int last = NEEDLE.length - 1;
        int limit = event.limit();
        for (int end = event.position() + last; end < limit; ) {
            int value = event.get(end);
            if (value == '"' && matches(event, end - last) && !isNull(event, end + 1)) {
                return true;
            }
            end += value < 0 ? NEEDLE.length : SHIFTS[value];
        }
        return false;
    }

    private static boolean matches(ByteBuffer event, int start) {
        for (int i = 0; i < NEEDLE.length; i++) {
            if (event.get(start + i) != NEEDLE[i]) {
                return false;
            }
        }
        return true;
    }

    /** Many servers put {@code "usage":null} into every event but the last. */
    private static boolean isNull(ByteBuffer event, int from) {
        int i = from;
        while (i < event.limit() && (event.get(i) == ' ' || event.get(i) == ':')) {
            i++;
        }
        return i < event.limit() && event.get(i) == 'n';
    }

    /** {@code shifts[b]} tells how far the end of the needle may move when it meets byte b. */
    private static int[] shifts() {
        int[] shifts = new int[128];
        Arrays.fill(shifts, NEEDLE.length);
        for (int i = 0; i < NEEDLE.length - 1; i++) {
            shifts[NEEDLE[i]] = NEEDLE.length - 1 - i;
        }
        return shifts;
    }
}
