package io.bactrian.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One change to a body: at {@code offset} of the original bytes, {@code deleted} bytes give way to {@code text}.
 *
 * <p>A list of splices is in ascending order and without overlap; every offset counts in the original.
 *
 * @param offset byte offset in the original body
 * @param deleted how many original bytes are left out
 * @param text what stands there instead
 */
public record Splice(int offset, int deleted, String text) {
    public Splice {
        if (offset < 0 || deleted < 0) {
            throw new IllegalArgumentException("splice: " + offset + ", " + deleted + " (expected: >= 0)");
        }
    }

    /** Returns what is put in, as UTF-8. */
    public byte[] utf8() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Returns a copy of {@code original} with {@code splices} applied. */
    public static byte[] apply(byte[] original, List<Splice> splices) {
        ByteArrayOutputStream patched = new ByteArrayOutputStream(original.length + 64);
        int done = 0;
        for (Splice splice : splices) {
            if (splice.offset < done || splice.offset + splice.deleted > original.length) {
                throw new IllegalArgumentException("splice at " + splice.offset + " (expected: " + done + " to "
                        + (original.length - splice.deleted) + ")");
            }
            patched.write(original, done, splice.offset - done);
            patched.writeBytes(splice.utf8());
            done = splice.offset + splice.deleted;
        }
        patched.write(original, done, original.length - done);
        return patched.toByteArray();
    }
}
