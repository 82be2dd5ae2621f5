package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.Drainable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyTest {
    private static BodyResponse body(ByteString piece, boolean last) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(piece)
                                        .setEndOfStream(last))))
                .build();
    }

    /** The lengths are those at which the numbers before a piece grow by a byte. */
    @ParameterizedTest
    @CsvSource({
        "0, true",
        "0, false",
        "1, true",
        "115, false",
        "116, true",
        "127, true",
        "128, false",
        "16383, true",
        "16384, false",
        "62000, true"
    })
    void aPieceIsWhatProtobufWouldMakeOfIt(int bytes, boolean last) throws IOException {
        ByteString piece = ByteString.copyFrom(new byte[bytes]);

        assertThat(ProcessingResponse.parseFrom(Reply.requestPiece(piece, last).bytes()))
                .isEqualTo(ProcessingResponse.newBuilder()
                        .setRequestBody(body(piece, last))
                        .build());
        assertThat(ProcessingResponse.parseFrom(Reply.responsePiece(piece, last).bytes()))
                .isEqualTo(ProcessingResponse.newBuilder()
                        .setResponseBody(body(piece, last))
                        .build());
    }

    @Test
    void givesGrpcTheBytesItSaysItHas() throws IOException {
        InputStream bytes =
                Reply.responsePiece(ByteString.copyFromUtf8("piece"), true).bytes();
        int promised = bytes.available();
        ByteArrayOutputStream taken = new ByteArrayOutputStream();

        assertThat(((Drainable) bytes).drainTo(taken)).isEqualTo(promised);
        assertThat(taken.size()).isEqualTo(promised);
        assertThat(bytes.read()).isEqualTo(-1);
    }

    @Test
    void takesFieldsOfAnotherMessage() throws IOException {
        ProcessingResponse head = ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.getDefaultInstance())
                .build();
        ProcessingResponse metadata = ProcessingResponse.newBuilder()
                .setDynamicMetadata(Struct.getDefaultInstance())
                .build();

        assertThat(ProcessingResponse.parseFrom(Reply.of(head).with(metadata).bytes()))
                .isEqualTo(head.toBuilder().mergeFrom(metadata).build());
    }
}
