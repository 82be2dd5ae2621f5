package io.bactrian.component.modelserver;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.Splice;
import io.bactrian.endpoint.EndpointBreaker;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.Leg;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.UpstreamBody;
import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One attempt to have a stage before decode done at one endpoint. Everything happens on one event loop. */
final class StageLeg implements UpstreamListener {
    /** Statuses after which another endpoint may do better. */
    private static final Set<Integer> RETRIABLE = Set.of(408, 429, 500, 502, 503, 504);

    private static final int SERVER_ERROR = 500;

    /** Longest answer that is read: parameters for the blocks of a prompt of a million tokens take less than one. */
    private static final int MAX_ANSWER_BYTES = 16 * 1024 * 1024;

    /** Hears how the attempt ended; one call. */
    interface Listener {
        /** It is done. */
        void answered(byte[] body);

        /** It is not. */
        void failed(Failure failure);
    }

    /** What is done. */
    enum Stage {
        ENCODE,
        PREFILL;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** Returns its name in metrics. */
        String label() {
            return label;
        }

        ModelServerClient client(ModelServerComponent.Services services) {
            return this == ENCODE ? services.encodeClient() : services.prefillClient();
        }
    }

    /**
     * Why a stage was not done.
     *
     * @param reason one of a small set, for metrics
     * @param retriable whether another endpoint may do better
     * @param head what the endpoint answered; null if it did not
     * @param body of that answer
     */
    record Failure(
            String reason,
            String message,
            boolean retriable,
            @Nullable HttpResponse head,
            ByteBuffer body) {
        static Failure of(String reason, String message) {
            return new Failure(reason, message, true, null, ByteBuffer.allocate(0));
        }

        /** Returns what the request fails with if {@code stage} must not be left out. */
        InferenceException problem(Stage stage) {
            ErrorCode code = reason.equals("timeout") ? ErrorCode.UPSTREAM_TIMEOUT : ErrorCode.UPSTREAM_FAILED;
            return new InferenceException(code, stage.label() + ": " + message);
        }
    }

    private final RequestScope scope;
    private final Stage stage;
    private final EndpointState endpoint;
    private final Leg leg;
    private final Listener listener;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(512);
    private EndpointBreaker.@Nullable Permission permission;
    private @Nullable UpstreamCall call;
    private @Nullable HttpResponse head;
    private @Nullable Future<?> deadline;
    private boolean over;
    private int sent;

    StageLeg(RequestScope scope, Stage stage, EndpointState endpoint, Leg leg, Listener listener) {
        this.scope = scope;
        this.stage = stage;
        this.endpoint = endpoint;
        this.leg = leg;
        this.listener = listener;
    }

    void begin(Duration timeout) {
        scope.splitObserver().legBegan(stage.label());
        permission = endpoint.tryAcquire();
        if (permission == null) {
            end();
            listener.failed(Failure.of("breaker", "endpoint " + name() + " is left out while it fails"));
            return;
        }
        deadline = scope.loop().schedule(() -> onDeadline(timeout), timeout.toNanos(), TimeUnit.NANOSECONDS);
        send(false);
    }

    private void send(boolean fresh) {
        int attempt = ++sent;
        UpstreamCall begun = stage.client(scope.services())
                .send(scope.loop(), endpoint.endpoint().address(), request(), fresh, this);
        if (attempt == sent && !over) {
            call = begun; // else sending failed at once
        }
    }

    private FullHttpRequest request() {
        List<Splice> splices = BodyEdits.merge(scope.inference().modelSplices(), leg.splices());
        ByteBuf content = UpstreamBody.of(scope.inference().body(), splices);
        HttpHeaders headers = WireHeaders.upstream(scope.inference(), name(), content.readableBytes(), leg.headers());
        traceBegins(headers);
        return scope.with(content, headers);
    }

    /** The prompt is one place of a trace; of items that are encoded there may be many at once, which continue the request's. */
    private void traceBegins(HttpHeaders headers) {
        InetSocketAddress address = endpoint.endpoint().address();
        if (stage == Stage.PREFILL) {
            scope.inference()
                    .trace()
                    .prefillBegins(address.getHostString(), address.getPort(), new HeadersOnTheWay(headers));
        } else {
            scope.inference().trace().encodes(new HeadersOnTheWay(headers));
        }
    }

    /** Gives the attempt up; nothing is heard of it any more. */
    void abort() {
        if (over) {
            return;
        }
        end();
        if (permission != null) {
            permission.released();
        }
        if (call != null) {
            call.abort();
        }
    }

    private void end() {
        over = true;
        if (deadline != null) {
            deadline.cancel(false);
        }
        if (stage == Stage.PREFILL) {
            scope.inference()
                    .trace()
                    .prefillEnds(head == null ? 0 : head.status().code());
        }
        scope.splitObserver().legEnded(stage.label());
    }

    private void onDeadline(Duration timeout) {
        if (!over) {
            if (call != null) {
                call.abort();
            }
            fail(Failure.of("timeout", "endpoint " + name() + ": no answer within " + timeout));
        }
    }

    @Override
    public void onHead(HttpResponse answerHead) {
        head = answerHead;
    }

    @Override
    public void onContent(ByteBuf content) {
        try {
            if (over) {
                return;
            }
            if (body.size() + content.readableBytes() > MAX_ANSWER_BYTES) {
                if (call != null) {
                    call.abort();
                }
                fail(Failure.of(
                        "protocol", "endpoint " + name() + " answered more than " + MAX_ANSWER_BYTES + " bytes"));
                return;
            }
            content.readBytes(body, content.readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            content.release();
        }
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd(boolean delimited) {
        if (over || head == null) {
            return;
        }
        int status = head.status().code();
        if (status / 100 == 2) {
            end();
            if (permission != null) {
                permission.success();
            }
            listener.answered(body.toByteArray());
        } else if (status >= SERVER_ERROR) {
            fail(refusal(status));
        } else {
            end();
            if (permission != null) {
                permission.success(); // load or the client's mistake, no fault
            }
            listener.failed(refusal(status));
        }
    }

    private Failure refusal(int status) {
        return new Failure(
                "status_" + status,
                "endpoint " + name() + " answered " + status,
                RETRIABLE.contains(status),
                head,
                ByteBuffer.wrap(body.toByteArray()));
    }

    @Override
    public void onFailure(UpstreamFailure failure, String message) {
        if (over) {
            return;
        }
        if (failure == UpstreamFailure.STALE_CONNECTION) {
            send(true);
            return;
        }
        fail(Failure.of(
                switch (failure) {
                    case CONNECT -> "connect";
                    case FIRST_BYTE_TIMEOUT, ANSWER_TIMEOUT -> "timeout";
                    case PROTOCOL -> "protocol";
                    case CUT, STALE_CONNECTION -> "cut";
                },
                "endpoint " + name() + ": " + message));
    }

    private void fail(Failure failure) {
        end();
        if (permission != null) {
            permission.error(new InferenceException(ErrorCode.UPSTREAM_FAILED, failure.message()));
        }
        listener.failed(failure);
    }

    private String name() {
        return endpoint.endpoint().hostPort();
    }
}
