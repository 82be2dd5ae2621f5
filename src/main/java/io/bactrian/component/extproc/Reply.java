package io.bactrian.component.extproc;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A {@code ProcessingResponse} as it goes over the wire. Never changes.
 *
 * <p>An answer has as many replies as chunks, each a piece of a body in five envelopes. They are written here: as messages of
 * protobuf's they would be five builders and five objects, whose sizes are added up before a byte is written.
 */
final class Reply {
    static final MethodDescriptor.Marshaller<Reply> MARSHALLER = new Marshaller();

    private static final int LENGTH_DELIMITED = 2; // of protobuf's wire types

    private static final int STREAMED_RESPONSE = BodyMutation.STREAMED_RESPONSE_FIELD_NUMBER;

    private final byte[] envelope; // all of a message that is no piece
    private final ByteString piece; // what follows the envelope

    private Reply(byte[] envelope, ByteString piece) {
        this.envelope = envelope;
        this.piece = piece;
    }

    static Reply of(ProcessingResponse message) {
        return new Reply(message.toByteArray(), ByteString.EMPTY);
    }

    /** Returns this reply, which is no piece, with the fields of {@code more}: messages that follow one another are merged. */
    Reply with(ProcessingResponse more) {
        byte[] joined = Arrays.copyOf(envelope, envelope.length + more.getSerializedSize());
        System.arraycopy(more.toByteArray(), 0, joined, envelope.length, joined.length - envelope.length);
        return new Reply(joined, piece);
    }

    /** Returns a piece of a request's body on its way back to the proxy. */
    static Reply requestPiece(ByteString piece, boolean last) {
        return piece(ProcessingResponse.REQUEST_BODY_FIELD_NUMBER, piece, last);
    }

    /** Returns a piece of an answer's body on its way back to the proxy. */
    static Reply responsePiece(ByteString piece, boolean last) {
        return piece(ProcessingResponse.RESPONSE_BODY_FIELD_NUMBER, piece, last);
    }

    private static Reply piece(int field, ByteString piece, boolean last) {
        int flag = last ? CodedOutputStream.computeBoolSize(StreamedBodyResponse.END_OF_STREAM_FIELD_NUMBER, true) : 0;
        int streamed = flag + CodedOutputStream.computeBytesSize(StreamedBodyResponse.BODY_FIELD_NUMBER, piece);
        int mutation = enclosed(STREAMED_RESPONSE, streamed);
        int common = enclosed(CommonResponse.BODY_MUTATION_FIELD_NUMBER, mutation);
        int response = enclosed(BodyResponse.RESPONSE_FIELD_NUMBER, common);
        byte[] envelope = new byte[enclosed(field, response) - piece.size()];
        CodedOutputStream out = CodedOutputStream.newInstance(envelope);
        try {
            open(out, field, response);
            open(out, BodyResponse.RESPONSE_FIELD_NUMBER, common);
            open(out, CommonResponse.BODY_MUTATION_FIELD_NUMBER, mutation);
            open(out, STREAMED_RESPONSE, streamed);
            if (last) {
                out.writeBool(StreamedBodyResponse.END_OF_STREAM_FIELD_NUMBER, true);
            }
            open(out, StreamedBodyResponse.BODY_FIELD_NUMBER, piece.size()); // last, as the bytes follow
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the envelope is as long as that
        }
        return new Reply(envelope, piece);
    }

    /** Returns how long a field is whose value is a message of {@code bytes} bytes. */
    private static int enclosed(int field, int bytes) {
        return CodedOutputStream.computeTagSize(field) + CodedOutputStream.computeUInt32SizeNoTag(bytes) + bytes;
    }

    private static void open(CodedOutputStream out, int field, int bytes) throws IOException {
        out.writeTag(field, LENGTH_DELIMITED);
        out.writeUInt32NoTag(bytes);
    }

    InputStream bytes() {
        return new Bytes(this);
    }

    private static final class Marshaller implements MethodDescriptor.Marshaller<Reply> {
        @Override
        public InputStream stream(Reply reply) {
            return reply.bytes();
        }

        @Override
        public Reply parse(InputStream bytes) {
            throw new UnsupportedOperationException("replies are only sent");
        }
    }

    /** Gives gRPC the two parts without joining them. */
    private static final class Bytes extends InputStream implements KnownLength, Drainable {
        private final Reply reply;
        private int at;

        Bytes(Reply reply) {
            this.reply = reply;
        }

        @Override
        public int available() {
            return reply.envelope.length + reply.piece.size() - at;
        }

        @Override
        public int read() {
            return available() == 0 ? -1 : next() & 0xFF;
        }

        @Override
        public int read(byte[] target, int from, int length) {
            int count = Math.min(length, available());
            for (int i = 0; i < count; i++) {
                target[from + i] = next();
            }
            return count == 0 && length > 0 ? -1 : count;
        }

        private byte next() {
            int next = at++;
            return next < reply.envelope.length
                    ? reply.envelope[next]
                    : reply.piece.byteAt(next - reply.envelope.length);
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            target.write(reply.envelope);
            UnsafeByteOperations.unsafeWriteTo(reply.piece, new Uncopied(target));
            at = reply.envelope.length + reply.piece.size();
            return at;
        }
    }

    /** Takes the bytes of a piece where they are: {@code ByteString.writeTo} would copy them for a stream that might keep them. */
    private static final class Uncopied extends ByteOutput {
        private final OutputStream target;

        Uncopied(OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(byte value) throws IOException {
            target.write(value);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            target.write(bytes, from, length);
        }

        @Override
        public void writeLazy(byte[] bytes, int from, int length) throws IOException {
            target.write(bytes, from, length);
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            target.write(copy);
        }

        @Override
        public void writeLazy(ByteBuffer bytes) throws IOException {
            write(bytes);
        }
    }
}
