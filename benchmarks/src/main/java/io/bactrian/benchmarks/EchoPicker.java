package io.bactrian.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The ceiling of an endpoint picker: plain grpc-java on a direct executor, which sends the same messages and decides nothing. */
@Command(name = "echo-picker", mixinStandardHelpOptions = true, description = "Answers external processing by rote.")
final class EchoPicker extends ExternalProcessorGrpc.ExternalProcessorImplBase implements Callable<Integer> {
    private static final String DESTINATION_HEADER = "x-gateway-destination-endpoint";
    private static final String ENDPOINT = "127.0.0.1:8000";

    /** What an endpoint picker says of a destination, made once. */
    private static final ProcessingResponse DESTINATION = ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.newBuilder()
                    .setResponse(CommonResponse.newBuilder()
                            .setClearRouteCache(true)
                            .setHeaderMutation(HeaderMutation.newBuilder()
                                    .addSetHeaders(option(DESTINATION_HEADER, ENDPOINT))
                                    .addSetHeaders(option("x-request-id", "00000000-0000-0000-0000-000000000000"))
                                    .addSetHeaders(option("content-length", "2048")))))
            .setDynamicMetadata(Struct.newBuilder()
                    .putFields(
                            "envoy.lb",
                            Value.newBuilder()
                                    .setStructValue(Struct.newBuilder()
                                            .putFields(
                                                    DESTINATION_HEADER,
                                                    Value.newBuilder()
                                                            .setStringValue(ENDPOINT)
                                                            .build()))
                                    .build()))
            .build();

    private static final ProcessingResponse ANSWER_HEAD = ProcessingResponse.newBuilder()
            .setResponseHeaders(HeadersResponse.newBuilder()
                    .setResponse(CommonResponse.newBuilder()
                            .setHeaderMutation(HeaderMutation.newBuilder()
                                    .addSetHeaders(option("x-went-into-resp-headers", "true")))))
            .build();

    @Option(names = "--light", description = "End the stream once the endpoint is named.")
    private boolean light;

    private static HeaderValueOption option(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }

    @Override
    public Integer call() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .directExecutor()
                .addService(this)
                .build()
                .start();
        System.out.println("{\"port\":" + server.getPort() + "}");
        server.awaitTermination();
        return 0;
    }

    @Override
    public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> out) {
        return new StreamObserver<>() {
            @Override
            public void onNext(ProcessingRequest message) {
                switch (message.getRequestCase()) {
                    case REQUEST_BODY -> {
                        out.onNext(DESTINATION);
                        out.onNext(ProcessingResponse.newBuilder()
                                .setRequestBody(echo(message.getRequestBody()))
                                .build());
                        if (light) {
                            out.onCompleted();
                        }
                    }
                    case RESPONSE_HEADERS -> out.onNext(ANSWER_HEAD);
                    case RESPONSE_BODY ->
                        out.onNext(ProcessingResponse.newBuilder()
                                .setResponseBody(echo(message.getResponseBody()))
                                .build());
                    default -> {} // the head of a request is answered with its body
                }
            }

            @Override
            public void onError(Throwable problem) {}

            @Override
            public void onCompleted() {
                if (!light) {
                    out.onCompleted();
                }
            }
        };
    }

    private static BodyResponse echo(HttpBody body) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(body.getBody())
                                        .setEndOfStream(body.getEndOfStream()))))
                .build();
    }
}
