package io.bactrian.component.modelserver;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.Splice;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.engine.connector.Leg;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.UpstreamBody;
import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.bactrian.request.Finish.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Fetches blocks for a request whose client left after its prompt had been computed and before a decode endpoint was told, or that nobody
 * read where they were pushed to: one token is generated and dropped. Otherwise they would be held until their lease ends, or for good.
 */
final class DrainLeg implements UpstreamListener {
    /** More than this many at once would be an attack or a broken client, and a load that nobody admitted. */
    private static final int MAX_AT_ONCE = 32;

    private static final AtomicInteger RUNNING = new AtomicInteger();

    private @Nullable UpstreamCall call;
    private @Nullable Future<?> deadline;
    private boolean over;

    private DrainLeg() {}

    /**
     * Sends one if blocks are held that nobody has been told of, once they have come by {@code arrival}. The request's bytes must be held
     * still.
     */
    static void sendIfStranded(RequestScope scope, SplitRun run, Outcome outcome, Arrival arrival) {
        if (!run.isStranded(outcome)) {
            arrival.leave();
            return;
        }
        // Pushed blocks have no lease, and a request that was admitted for each.
        if (RUNNING.incrementAndGet() > MAX_AT_ONCE && !run.isPushed()) {
            RUNNING.decrementAndGet();
            scope.splitObserver().stranded("left_to_lease");
            return;
        }
        InferenceExchange inference = scope.inference();
        Endpoint decode = run.drainEndpoint().endpoint();
        Leg leg = run.drainLeg();
        List<Splice> splices = BodyEdits.merge(inference.modelSplices(), leg.splices());
        ByteBuf body = UpstreamBody.of(inference.body(), splices);
        FullHttpRequest request = scope.with(
                body, WireHeaders.upstream(inference, decode.hostPort(), body.readableBytes(), leg.headers()));
        Duration timeout = run.settings().drainTimeout();
        DrainLeg drain = new DrainLeg();
        scope.loop()
                .execute(() -> arrival.await(
                        timeout,
                        () -> drain.send(scope, decode.address(), request, timeout),
                        () -> drain.drop(scope, request)));
    }

    /** The blocks have not arrived, and to use them up before would free memory that is being written. */
    private void drop(RequestScope scope, FullHttpRequest request) {
        scope.splitObserver().stranded("left_to_lease");
        request.release();
        end();
    }

    private void send(RequestScope scope, InetSocketAddress address, FullHttpRequest request, Duration timeout) {
        scope.splitObserver().stranded("drained");
        deadline = scope.loop().schedule(this::abort, timeout.toNanos(), TimeUnit.NANOSECONDS);
        UpstreamCall sent = scope.services().client().send(scope.loop(), address, request, false, this);
        if (!over) {
            call = sent;
        }
    }

    private void abort() {
        if (!over) {
            end();
            if (call != null) {
                call.abort();
            }
        }
    }

    private void end() {
        if (!over) {
            over = true;
            RUNNING.decrementAndGet();
            if (deadline != null) {
                deadline.cancel(false);
            }
        }
    }

    @Override
    public void onHead(HttpResponse head) {}

    @Override
    public void onContent(ByteBuf content) {
        content.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd(boolean delimited) {
        end();
    }

    @Override
    public void onFailure(UpstreamFailure failure, String message) {
        end();
    }
}
