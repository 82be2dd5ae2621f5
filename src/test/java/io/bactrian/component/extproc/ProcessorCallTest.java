package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.fixture.TestProxy;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceException;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProcessorCallTest {
    private static final ProcessorStream.Rules RULES = new ProcessorStream.Rules(8192, 8192, true, false, false, false);

    /** A call of a proxy that takes everything. */
    private static final class Call extends ServerCall<ProcessingRequest, Reply> {
        private final List<Status> ends = new ArrayList<>();
        private int asked;

        @Override
        public void request(int messages) {
            asked += messages;
        }

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(Reply reply) {}

        @Override
        public void close(Status status, Metadata trailers) {
            ends.add(status);
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<ProcessingRequest, Reply> getMethodDescriptor() {
            return ExternalProcessorGrpc.getProcessMethod().toBuilder(
                            ExternalProcessorGrpc.getProcessMethod().getRequestMarshaller(), Reply.MARSHALLER)
                    .build();
        }
    }

    /** Fails when a request is to be routed. */
    private static final class Failing implements ProcessorStream.Requests {
        private final List<Finish.Outcome> ends = new ArrayList<>();

        @Override
        public @Nullable InferenceException refusal() {
            return null;
        }

        @Override
        public void begins(Finish finish) {
            finish.onEnd(ends::add);
        }

        @Override
        public void route(ProcessorStream.Incoming incoming, boolean whole, ProcessorStream stream) {
            throw new IllegalStateException("a fault of ours, with a secret in it");
        }

        @Override
        public void turnedAway(InferenceException refusal) {}

        @Override
        public void goesUnread(ServedRequest served) {}
    }

    @Test
    void endsTheStreamWithAnErrorThatSaysNothingWhenItFails() {
        Call call = new Call();
        Failing failing = new Failing();
        ProcessorCall stream = new ProcessorCall(
                call, (outlet, home) -> new ProcessorStream(outlet, failing, RULES, new MemoryBudget(8192)));

        stream.onMessage(TestProxy.head(true));
        stream.onMessage(TestProxy.head(true));

        assertThat(call.ends).extracting(Status::getCode).containsExactly(Status.Code.INTERNAL);
        assertThat(call.ends.get(0).getDescription()).doesNotContain("secret");
        assertThat(call.asked).isEqualTo(1);
        assertThat(failing.ends).containsExactly(Finish.Outcome.CLIENT_LEFT);
    }
}
