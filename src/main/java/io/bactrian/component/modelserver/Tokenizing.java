package io.bactrian.component.modelserver;

import io.bactrian.api.Tokenization;
import io.bactrian.component.modelserver.StageLeg.Failure;
import io.bactrian.endpoint.EndpointBreaker;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the prefill endpoint of one request which tokens its prompt has. Whatever goes wrong, another endpoint may do better: what is wrong
 * with the request is said by the one that answers it. Everything happens on one event loop.
 */
final class Tokenizing implements UpstreamListener {
    private static final String PATH = "/tokenize";
    private static final int SERVER_ERROR = 500;

    /** A token has a byte of text at least, and an id of ten digits at most, with a comma and a space. */
    private static final int MAX_BYTES_PER_BYTE = 12;

    /** What stands beside the tokens, and those that a tokenizer adds. */
    private static final int MAX_BYTES_BESIDE = 64 * 1024;

    /** Two million tokens and more. */
    private static final int MAX_BYTES = 16 * 1024 * 1024;

    private final RequestScope scope;
    private final EndpointState endpoint;
    private final Consumer<String> found;
    private final Consumer<Failure> failed;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private EndpointBreaker.@Nullable Permission permission;
    private @Nullable UpstreamCall call;
    private @Nullable Future<?> deadline;
    private int status;
    private boolean over;
    private int sent;

    /**
     * @param found hears the ids, as a JSON array
     * @param failed hears why there are none; of both, one call
     */
    Tokenizing(RequestScope scope, EndpointState endpoint, Consumer<String> found, Consumer<Failure> failed) {
        this.scope = scope;
        this.endpoint = endpoint;
        this.found = found;
        this.failed = failed;
    }

    void begin(Duration timeout) {
        permission = endpoint.tryAcquire();
        if (permission == null) {
            over = true;
            failed.accept(Failure.of("breaker", "endpoint " + name() + " is left out while it fails"));
            return;
        }
        deadline = scope.loop().schedule(() -> onDeadline(timeout), timeout.toNanos(), TimeUnit.NANOSECONDS);
        send(false);
    }

    private void send(boolean fresh) {
        int attempt = ++sent;
        UpstreamCall begun = scope.services()
                .prefillClient()
                .send(scope.loop(), endpoint.endpoint().address(), request(), fresh, this);
        if (attempt == sent && !over) {
            call = begun; // else sending failed at once
        }
    }

    private FullHttpRequest request() {
        byte[] question = Tokenization.question(
                scope.inference().request().model(), scope.inference().places());
        return new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.POST,
                PATH,
                Unpooled.wrappedBuffer(question),
                WireHeaders.upstream(scope.inference(), name(), question.length, Map.of()),
                EmptyHttpHeaders.INSTANCE);
    }

    /** Gives it up; nothing is heard of it any more. */
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
    }

    private void onDeadline(Duration timeout) {
        if (!over) {
            if (call != null) {
                call.abort();
            }
            fail("timeout", "no tokens within " + timeout);
        }
    }

    @Override
    public void onHead(HttpResponse head) {
        status = head.status().code();
    }

    @Override
    public void onContent(ByteBuf content) {
        byte[] piece = new byte[content.readableBytes()];
        content.readBytes(piece).release();
        if (over) {
            return;
        }
        long most = Math.min(
                MAX_BYTES,
                MAX_BYTES_BESIDE
                        + (long) MAX_BYTES_PER_BYTE * scope.inference().body().length());
        if (body.size() + piece.length > most) {
            if (call != null) {
                call.abort();
            }
            fail("tokenize", "more than " + most + " bytes of tokens");
        } else {
            body.writeBytes(piece);
        }
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd(boolean delimited) {
        if (over) {
            return;
        }
        if (status / 100 == 2) {
            succeeded();
            scope.read(this::ids, this::tell);
        } else if (status >= SERVER_ERROR) {
            fail("tokenize", "it answered " + status + " to " + PATH);
        } else {
            succeeded(); // it is well, and cannot, or will not
            failed.accept(Failure.of("tokenize", why("it answered " + status + " to " + PATH)));
        }
    }

    private void succeeded() {
        end();
        if (permission != null) {
            permission.success();
        }
    }

    private Ids ids() {
        try {
            return new Ids(Tokenization.ids(body.toByteArray()), "");
        } catch (IOException e) {
            return new Ids("", "its answer to " + PATH + " makes no sense: " + e.getMessage());
        }
    }

    /** @param problem why there are none; empty if there are */
    private record Ids(String json, String problem) {}

    private void tell(Ids ids) {
        if (scope.inference().finish().hasEnded()) {
            return;
        }
        if (ids.problem().isEmpty()) {
            found.accept(ids.json());
        } else {
            failed.accept(Failure.of("tokenize", why(ids.problem())));
        }
    }

    @Override
    public void onFailure(UpstreamFailure failure, String message) {
        if (over) {
            return;
        }
        if (failure == UpstreamFailure.STALE_CONNECTION) {
            send(true);
        } else {
            fail(failure == UpstreamFailure.CONNECT ? "connect" : "tokenize", message);
        }
    }

    private void fail(String reason, String what) {
        end();
        Failure failure = Failure.of(reason, why(what));
        if (permission != null) {
            permission.error(new InferenceException(ErrorCode.UPSTREAM_FAILED, failure.message()));
        }
        failed.accept(failure);
    }

    private String why(String what) {
        return "endpoint " + name() + ": " + what;
    }

    private String name() {
        return endpoint.endpoint().hostPort();
    }
}
