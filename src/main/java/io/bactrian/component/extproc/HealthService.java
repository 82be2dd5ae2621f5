package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Answers whether the process lives and whether requests should be sent here ({@code grpc.health.v1.Health}, {@code Check} and
 * {@code List}). A service it does not know is an answer, not an error.
 */
final class HealthService implements BindableService {
    private static final String LIVENESS = "liveness";

    /** What proxies, probes and the conformance deployments ask about; the empty name is the whole server. */
    private static final List<String> READINESS =
            List.of("", "readiness", ExternalProcessorGrpc.SERVICE_NAME, "inference-extension");

    /** {@code map<string, HealthCheckResponse> statuses = 1}: grpc-java's classes are older than the method. */
    private static final int STATUSES = 1;

    private static final int KEY = 1;
    private static final int VALUE = 2;

    private static final MethodDescriptor<Empty, UnknownFieldSet> LIST =
            MethodDescriptor.<Empty, UnknownFieldSet>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(MethodDescriptor.generateFullMethodName(HealthGrpc.SERVICE_NAME, "List"))
                    .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
                    .setResponseMarshaller(new FieldsMarshaller())
                    .build();

    private final BooleanSupplier ready;

    HealthService(BooleanSupplier ready) {
        this.ready = ready;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return ServerServiceDefinition.builder(HealthGrpc.SERVICE_NAME)
                .addMethod(HealthGrpc.getCheckMethod(), ServerCalls.asyncUnaryCall(this::check))
                .addMethod(LIST, ServerCalls.asyncUnaryCall(this::list))
                .build();
    }

    private void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answer) {
        answer.onNext(response(request.getService()));
        answer.onCompleted();
    }

    private void list(Empty request, StreamObserver<UnknownFieldSet> answer) {
        UnknownFieldSet.Field.Builder statuses = UnknownFieldSet.Field.newBuilder();
        READINESS.forEach(service -> statuses.addLengthDelimited(entry(service)));
        statuses.addLengthDelimited(entry(LIVENESS));
        answer.onNext(UnknownFieldSet.newBuilder()
                .addField(STATUSES, statuses.build())
                .build());
        answer.onCompleted();
    }

    private ByteString entry(String service) {
        return UnknownFieldSet.newBuilder()
                .addField(KEY, bytes(ByteString.copyFromUtf8(service)))
                .addField(VALUE, bytes(response(service).toByteString()))
                .build()
                .toByteString();
    }

    private static UnknownFieldSet.Field bytes(ByteString value) {
        return UnknownFieldSet.Field.newBuilder().addLengthDelimited(value).build();
    }

    private HealthCheckResponse response(String service) {
        return HealthCheckResponse.newBuilder().setStatus(status(service)).build();
    }

    private ServingStatus status(String service) {
        if (service.equals(LIVENESS)) {
            return ServingStatus.SERVING; // a process that drains must not be killed for it
        }
        if (!READINESS.contains(service)) {
            return ServingStatus.SERVICE_UNKNOWN;
        }
        return ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    }

    private static final class FieldsMarshaller implements MethodDescriptor.Marshaller<UnknownFieldSet> {
        @Override
        public InputStream stream(UnknownFieldSet message) {
            return message.toByteString().newInput();
        }

        @Override
        public UnknownFieldSet parse(InputStream bytes) {
            try {
                return UnknownFieldSet.parseFrom(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException("reading a list of health states", e);
            }
        }
    }
}
