package io.bactrian.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds where server-sent events end in a stream that comes in pieces of any size.
 *
 * <p>An event ends with an empty line; lines end with LF, CRLF or CR
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). This runs over every byte that is relayed: within a
 * line eight bytes are compared at once, and only the head of a line is looked at closer. An event whose last byte is CR
 * at the end of a piece is complete, unless its other lines end with CRLF: then the LF is waited for. One stream, one thread.
 */
public final class SseEvents {
    /** What an event carries. */
    public enum Kind {
        /** No data: a comment, a retry time, an empty line. */
        EMPTY,
        /** Data, and be it the empty string. */
        DATA,
        /** The data {@code [DONE]}, with which an OpenAI stream ends. */
        DONE
    }

    private static final byte LF = '\n';
    private static final byte CR = '\r';
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LFS = ONES * LF;
    private static final long CRS = ONES * CR;

    private static final byte[] FIELD = {'d', 'a', 't', 'a', ':'};
    private static final byte[] END_MARK = {'[', 'D', 'O', 'N', 'E', ']'};

    /** Where in its line the next byte stands. */
    private enum Place {
        /** Within the bytes of {@link #FIELD}, {@link #matched} of which have been seen. */
        FIELD,
        /** Behind {@code data:}, where one space is no data. */
        SPACE,
        /** Within the bytes of {@link #END_MARK}, {@link #matched} of which have been seen. */
        END_MARK,
        /** Anywhere else. */
        REST
    }

    private Place place = Place.FIELD;
    private int matched;
    private boolean lineIsEmpty = true;
    private boolean lineIsData;

    /** Whether the last byte given was a CR, to which a LF may belong. */
    private boolean afterCr;

    /** Whether that CR made an empty line, and its event is held back for the LF. */
    private boolean awaitsLf;

    /** Whether the last line ended with CRLF; before the first, whether one may. */
    private boolean linesEndWithCrLf = true;

    private int dataLines;
    private boolean endMarked;

    private Kind kind = Kind.EMPTY;
    private long dataEvents;

    /**
     * Scans {@code piece} from index {@code from} to its limit for the end of an event; the position plays no part.
     *
     * <p>Every byte must be given once and in order: after an event, go on at the index returned; after -1, with the next piece.
     *
     * @return the index behind the event, in this piece and maybe {@code from} itself, or -1 if the piece ends none
     */
    public int next(ByteBuffer piece, int from) {
        ByteBuffer bytes = piece.order() == ByteOrder.LITTLE_ENDIAN
                ? piece
                : piece.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int limit = bytes.limit();
        int i = from;
        if (afterCr && i < limit) {
            afterCr = false;
            if (bytes.get(i) == LF) {
                linesEndWithCrLf = true;
                i++;
            }
            if (awaitsLf) {
                awaitsLf = false;
                endEvent();
                return i;
            }
        }
        while (i < limit) {
            if (place == Place.REST) {
                i = lineEnd(bytes, i, limit);
                if (i == limit) {
                    return -1;
                }
            }
            byte value = bytes.get(i++);
            if (value != LF && value != CR) {
                head(value);
                continue;
            }
            boolean empty = lineIsEmpty;
            endLine();
            boolean crLf = false;
            if (value == CR && i == limit) {
                afterCr = true;
                if (empty && linesEndWithCrLf) {
                    awaitsLf = true;
                    return -1;
                }
            } else if (value == CR && bytes.get(i) == LF) {
                crLf = true;
                i++;
            }
            linesEndWithCrLf = crLf;
            if (empty) {
                endEvent();
                return i;
            }
        }
        return -1;
    }

    /** Ends the stream, and tells whether the bytes behind the last event are a whole event, whose LF never came. */
    public boolean finish() {
        boolean complete = awaitsLf;
        if (complete) {
            awaitsLf = false;
            endEvent();
        }
        return complete;
    }

    /** Returns what the last event carried. */
    public Kind kind() {
        return kind;
    }

    /** Returns how many events of kind DATA have ended. */
    public long dataEvents() {
        return dataEvents;
    }

    private void head(byte value) {
        lineIsEmpty = false;
        switch (place) {
            case FIELD -> {
                if (value != FIELD[matched]) {
                    place = Place.REST;
                } else if (++matched == FIELD.length) {
                    lineIsData = true;
                    place = Place.SPACE;
                }
            }
            case SPACE -> {
                matched = 0;
                place = Place.END_MARK;
                if (value != ' ') {
                    mark(value);
                }
            }
            case END_MARK -> mark(value);
            case REST -> {}
        }
    }

    private void mark(byte value) {
        if (matched < END_MARK.length && value == END_MARK[matched]) {
            matched++;
        } else {
            place = Place.REST;
        }
    }

    private void endLine() {
        // A line that is the field's name alone is data, too: the empty string.
        if (lineIsData || (place == Place.FIELD && matched == FIELD.length - 1)) {
            dataLines++;
            endMarked = dataLines == 1 && place == Place.END_MARK && matched == END_MARK.length;
        }
        place = Place.FIELD;
        matched = 0;
        lineIsEmpty = true;
        lineIsData = false;
    }

    private void endEvent() {
        if (endMarked) {
            kind = Kind.DONE;
        } else {
            kind = dataLines > 0 ? Kind.DATA : Kind.EMPTY;
        }
        if (kind == Kind.DATA) {
            dataEvents++;
        }
        dataLines = 0;
        endMarked = false;
    }

    private static int lineEnd(ByteBuffer bytes, int from, int limit) {
        int i = from;
        while (i + Long.BYTES <= limit) {
            long word = bytes.getLong(i);
            long hits = zeroBytes(word ^ LFS) | zeroBytes(word ^ CRS);
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >> 3);
            }
            i += Long.BYTES;
        }
        while (i < limit && bytes.get(i) != LF && bytes.get(i) != CR) {
            i++;
        }
        return i;
    }

    /** Marks the bytes that are zero; those above the first marked one may be marked in error. */
    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGH_BITS;
    }
}
