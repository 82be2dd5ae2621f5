package io.bactrian.component.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gRPC stream of a proxy. Runs what belongs to it one piece after the other, on whatever thread brings it: the connection's
 * event loop, or one that has finished a step of the route. Asks for a message only when the one before has been dealt with.
 */
final class ProcessorCall extends ServerCall.Listener<ProcessingRequest> implements ProcessorStream.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessorCall.class);

    private final ServerCall<ProcessingRequest, Reply> call;
    private final Lane home = new Lane();
    private final ProcessorStream stream;
    private boolean asked;
    private boolean headersSent; // with the first reply: no packet is worth having for them alone
    private boolean closed;

    /** @param streams makes the stream that replies by way of this call, and runs on the executor */
    ProcessorCall(
            ServerCall<ProcessingRequest, Reply> call, BiFunction<ProcessorCall, Executor, ProcessorStream> streams) {
        this.call = call;
        this.stream = streams.apply(this, home);
        asked = true;
        call.request(1);
    }

    @Override
    public void onMessage(ProcessingRequest message) {
        if (home.tryEnter()) {
            take(message);
            home.leave();
        } else {
            home.execute(() -> take(message));
        }
    }

    private void take(ProcessingRequest message) {
        asked = false;
        try {
            stream.take(message);
            askForMore();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /** The proxy's failure mode decides what the client gets. */
    private void failed(RuntimeException problem) {
        LOG.error("a stream failed", problem);
        close(Status.INTERNAL.withDescription("the endpoint picker failed; its log says why"));
        stream.cancelled();
    }

    @Override
    public void onReady() {
        home.execute(() -> {
            stream.flush();
            askForMore();
        });
    }

    @Override
    public void onHalfClose() {
        home.execute(stream::halfClosed);
    }

    @Override
    public void onCancel() {
        home.execute(() -> {
            closed = true;
            stream.cancelled();
        });
    }

    /** Goes on with what waited for {@code decision}. */
    void decided(Runnable decision) {
        home.execute(() -> {
            try {
                decision.run();
                askForMore();
            } catch (RuntimeException e) {
                failed(e);
            }
        });
    }

    /** Asks for the next message if it may come. */
    private void askForMore() {
        if (!asked && !closed && stream.wantsMessage()) {
            asked = true;
            call.request(1);
        }
    }

    @Override
    public boolean isReady() {
        return call.isReady();
    }

    @Override
    public void send(Reply reply) {
        if (!closed) {
            sendHeaders();
            call.sendMessage(reply);
        }
    }

    private void sendHeaders() {
        if (!headersSent) {
            headersSent = true;
            call.sendHeaders(new Metadata());
        }
    }

    @Override
    public void complete() {
        close(Status.OK);
    }

    @Override
    public void fail(String message) {
        close(Status.INVALID_ARGUMENT.withDescription(message));
    }

    private void close(Status status) {
        if (!closed) {
            closed = true;
            call.close(status, new Metadata());
        }
    }
}
