package io.bactrian.relay;

import io.bactrian.api.Splice;
import io.bactrian.request.RequestBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/** Puts together the body that goes to a model server, from slices of the client's bytes and what replaces some. */
public final class UpstreamBody {
    private UpstreamBody() {}

    /** Returns {@code body} with {@code splices} applied and a reference of its own; nothing of the body is copied. */
    public static ByteBuf of(RequestBytes body, List<Splice> splices) {
        ByteBuf original = NettyRequestBytes.retainedBuffer(body);
        if (splices.isEmpty()) {
            return original;
        }
        try {
            CompositeByteBuf patched = Unpooled.compositeBuffer(2 * splices.size() + 1);
            int start = original.readerIndex();
            int done = 0;
            for (Splice splice : splices) {
                patched.addComponent(true, original.retainedSlice(start + done, splice.offset() - done));
                patched.addComponent(true, Unpooled.wrappedBuffer(splice.utf8()));
                done = splice.offset() + splice.deleted();
            }
            patched.addComponent(true, original.retainedSlice(start + done, original.readableBytes() - done));
            return patched;
        } finally {
            original.release();
        }
    }
}
