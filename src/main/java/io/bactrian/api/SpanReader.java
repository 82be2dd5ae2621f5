package io.bactrian.api;

import io.bactrian.request.MediaItem;
import io.bactrian.request.PromptSink;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Feeds spans of a body to a sink, in pieces through one buffer; a piece may end inside a character. One thread. */
final class SpanReader {
    /** Long enough that the sink's work per piece dominates, short enough to stay in the first-level cache. */
    private static final int PIECE_BYTES = 4096;

    private final ByteViews bytes;
    private final PromptSink sink;
    private final @Nullable Consumer<MediaItem> media;
    private final byte[] buffer;
    private final Unescape unescape = new Unescape();
    private long sent;

    SpanReader(ByteViews bytes, PromptSink sink) {
        this(bytes, sink, null);
    }

    /** @param media is told of each picture, video and sound; null if nobody wants to know */
    SpanReader(ByteViews bytes, PromptSink sink, @Nullable Consumer<MediaItem> media) {
        this.bytes = bytes;
        this.sink = sink;
        this.media = media;
        this.buffer = new byte[Math.min(PIECE_BYTES, Math.max(Unescape.LONGEST_ESCAPE, bytes.length()))];
    }

    /** Feeds one span and tells whether the sink wants more. */
    boolean read(Spans.Kind kind, int start, int end) {
        return switch (kind) {
            case PLAIN, JSON -> readPlain(start, end);
            case ESCAPED -> readEscaped(start, end);
            case IMAGE, VIDEO -> readMedia(kind, start, end);
            case SOUND -> readSound(start, end);
            case TOKEN_IDS -> readTokenIds(start, end);
        };
    }

    private boolean readPlain(int start, int end) {
        int at = start;
        while (at < end) {
            int count = fill(at, end);
            if (!send(count)) {
                return false;
            }
            at += count;
        }
        return true;
    }

    private boolean readEscaped(int start, int end) {
        int at = start;
        while (at < end) {
            int count = fill(at, end);
            unescape.decode(buffer, count, at + count == end);
            if (!send(unescape.length())) {
                return false;
            }
            at += unescape.consumed();
        }
        return true;
    }

    /**
     * Gives a picture the weight that it has for the model, not that of its base64: its digest, repeated to the number
     * of tokens and beginning on a whole token.
     */
    private boolean readMedia(Spans.Kind kind, int start, int end) {
        byte[] digest = digest(start, end);
        int tokens = MediaTokens.of(kind, bytes, start, end);
        int padding = (int) (-sent & PromptDraft.BYTES_PER_TOKEN - 1);
        if (padding > 0 && !sink.text(new byte[padding], 0, padding)) {
            return false;
        }
        sent += padding;
        tell(kind == Spans.Kind.VIDEO ? MediaItem.VIDEO : MediaItem.IMAGE, digest, sent, tokens);
        for (int left = tokens * PromptDraft.BYTES_PER_TOKEN; left > 0; left -= digest.length) {
            int count = Math.min(left, digest.length);
            if (!sink.text(digest, 0, count)) {
                return false;
            }
            sent += count;
        }
        return true;
    }

    private boolean readSound(int start, int end) {
        if (media != null) {
            tell(MediaItem.AUDIO, digest(start, end), sent, tokens(end - start));
        }
        return readPlain(start, end);
    }

    private static int tokens(int textBytes) {
        return (textBytes + PromptDraft.BYTES_PER_TOKEN - 1) / PromptDraft.BYTES_PER_TOKEN;
    }

    private void tell(String modality, byte[] digest, long bytesBefore, int tokens) {
        if (media != null) {
            int offset = (int) Math.min(Integer.MAX_VALUE, bytesBefore / PromptDraft.BYTES_PER_TOKEN);
            media.accept(new MediaItem(modality, HexFormat.of().formatHex(digest), offset, tokens));
        }
    }

    private byte[] digest(int start, int end) {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        int at = start;
        while (at < end) {
            int count = fill(at, end);
            sha256.update(buffer, 0, count);
            at += count;
        }
        return sha256.digest();
    }

    private boolean readTokenIds(int start, int end) {
        boolean inNumber = false;
        int id = 0;
        int at = start;
        while (at < end) {
            int count = fill(at, end);
            for (int i = 0; i < count; i++) {
                int digit = buffer[i] - '0';
                if (digit >= 0 && digit <= 9) {
                    id = id * 10 + digit;
                    inNumber = true;
                } else if (inNumber) {
                    if (!sink.tokenId(id)) {
                        return false;
                    }
                    id = 0;
                    inNumber = false;
                }
            }
            at += count;
        }
        return true;
    }

    private int fill(int at, int end) {
        int count = Math.min(buffer.length, end - at);
        bytes.copy(at, buffer, 0, count);
        return count;
    }

    private boolean send(int count) {
        sent += count;
        return sink.text(buffer, 0, count);
    }
}
