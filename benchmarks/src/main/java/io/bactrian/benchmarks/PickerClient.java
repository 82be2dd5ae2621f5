package io.bactrian.benchmarks;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A proxy that asks an endpoint picker about one request after the other, many at a time; reports as one line of JSON. */
@Command(name = "picker-client", mixinStandardHelpOptions = true, description = "Asks an endpoint picker.")
final class PickerClient implements Callable<Integer> {
    private static final int BODY_BYTES = 2048;
    private static final int EVENT_BYTES = 230;

    @Option(names = "--port", required = true, description = "Port on loopback to connect to.")
    private int port;

    @Option(names = "--streams", defaultValue = "64", description = "Requests at one time.")
    private int streams;

    @Option(names = "--chunks", defaultValue = "4", description = "Chunks of each answer.")
    private int chunks;

    @Option(names = "--light", description = "The picker ends the stream once the endpoint is named.")
    private boolean light;

    @Option(names = "--seconds", defaultValue = "6", description = "How long new requests are begun.")
    private int seconds;

    private final AtomicLong done = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final ProcessingRequest body = body();
    private final ProcessingRequest chunk = chunk(false);
    private final ProcessingRequest lastChunk = chunk(true);

    private static final ProcessingRequest HEAD = ProcessingRequest.newBuilder()
            .setRequestHeaders(headers(
                    ":method",
                    "POST",
                    ":path",
                    "/v1/chat/completions",
                    ":authority",
                    "m",
                    "content-type",
                    "application/json"))
            .build();
    private static final ProcessingRequest ANSWER_HEAD = ProcessingRequest.newBuilder()
            .setResponseHeaders(headers(":status", "200", "content-type", "text/event-stream"))
            .build();

    private static HttpHeaders headers(String... headers) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            map.addHeaders(
                    HeaderValue.newBuilder().setKey(headers[i]).setRawValue(ByteString.copyFromUtf8(headers[i + 1])));
        }
        return HttpHeaders.newBuilder().setHeaders(map).build();
    }

    private static ProcessingRequest body() {
        String chat = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"";
        String text = chat + "a".repeat(BODY_BYTES - chat.length()) + "\"}]}";
        return ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder()
                        .setBody(ByteString.copyFromUtf8(text))
                        .setEndOfStream(true))
                .build();
    }

    private static ProcessingRequest chunk(boolean last) {
        String event = "data: " + "x".repeat(EVENT_BYTES - 8) + "\n\n";
        return ProcessingRequest.newBuilder()
                .setResponseBody(HttpBody.newBuilder()
                        .setBody(ByteString.copyFromUtf8(event))
                        .setEndOfStream(last))
                .build();
    }

    @Override
    public Integer call() throws InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .directExecutor()
                .build();
        ExternalProcessorGrpc.ExternalProcessorStub stub = ExternalProcessorGrpc.newStub(channel);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        CountDownLatch running = new CountDownLatch(streams);
        for (int i = 0; i < streams; i++) {
            begin(stub, end, running);
        }
        running.await();
        channel.shutdownNow();
        System.out.println("{\"streams\":" + done + ",\"errors\":" + errors + "}");
        return 0;
    }

    private void begin(ExternalProcessorGrpc.ExternalProcessorStub stub, long end, CountDownLatch running) {
        if (System.nanoTime() > end) {
            running.countDown();
            return;
        }
        Exchange exchange = new Exchange(() -> begin(stub, end, running));
        exchange.start(stub.process(exchange));
    }

    /** One request and its answer. */
    private final class Exchange implements StreamObserver<ProcessingResponse> {
        private final Runnable next;
        private StreamObserver<ProcessingRequest> out;
        private int answered;

        Exchange(Runnable next) {
            this.next = next;
        }

        void start(StreamObserver<ProcessingRequest> requests) {
            out = requests;
            out.onNext(HEAD);
            out.onNext(body);
        }

        @Override
        public void onNext(ProcessingResponse reply) {
            switch (reply.getResponseCase()) {
                case REQUEST_HEADERS -> {}
                case REQUEST_BODY -> answer();
                case RESPONSE_HEADERS -> {}
                case RESPONSE_BODY -> {
                    if (++answered == chunks) {
                        out.onCompleted();
                    }
                }
                default -> errors.incrementAndGet();
            }
        }

        private void answer() {
            if (light) {
                return;
            }
            out.onNext(ANSWER_HEAD);
            for (int i = 1; i < chunks; i++) {
                out.onNext(chunk);
            }
            out.onNext(lastChunk);
        }

        @Override
        public void onError(Throwable problem) {
            errors.incrementAndGet();
            next.run();
        }

        @Override
        public void onCompleted() {
            if (light || answered == chunks) {
                done.incrementAndGet();
            } else {
                errors.incrementAndGet();
            }
            next.run();
        }
    }
}
