package io.bactrian.request;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The bytes of one request body, shared by reference and never copied.
 *
 * <p>The door holds one reference until the request is finished. Whoever crosses a thread calls {@link #retain()} first
 * and {@link #release()} in {@code finally}; the views must not be read without a reference. Safe for use by several
 * threads that each hold one.
 */
public interface RequestBytes {

    /** A body without a byte. */
    RequestBytes EMPTY = of(new byte[0]);

    /** Wraps {@code bytes}, which must not change afterwards; counting references does nothing. */
    static RequestBytes of(byte[] bytes) {
        return new ArrayBytes(List.of(ByteBuffer.wrap(bytes).asReadOnlyBuffer()), bytes.length);
    }

    /** Returns the number of bytes. */
    int length();

    /** Returns the bytes as read-only buffers, in order; each call gives buffers with positions of their own. */
    List<ByteBuffer> views();

    /** Takes one more reference and returns this. */
    RequestBytes retain();

    /** Gives one reference back; the memory is free after the last. */
    void release();

    /** Bytes on the heap, freed by the garbage collector. */
    record ArrayBytes(List<ByteBuffer> buffers, int length) implements RequestBytes {
        @Override
        public List<ByteBuffer> views() {
            return buffers.stream().map(ByteBuffer::duplicate).toList();
        }

        @Override
        public RequestBytes retain() {
            return this;
        }

        @Override
        public void release() {}
    }
}
