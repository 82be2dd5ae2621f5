package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import io.bactrian.api.TokenUsage;
import io.bactrian.endpoint.EndpointBreaker;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import io.bactrian.scheduling.Decision;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that a proxy sends to the endpoints it was told, from then to its end: gives the breaker's permission its outcome,
 * and tells whoever observes requests what it came to. Used by one thread at a time.
 */
final class ServedRequest {
    private static final int SERVER_ERROR = 500;

    private final InferenceExchange inference;
    private final RelayObserver observer;
    private final List<EndpointState> endpoints;
    private final String destination;
    private final int promptTokens;
    private final long sentNanos;

    private EndpointState endpoint;
    private EndpointBreaker.Permission permission;
    private @Nullable AnswerReader reader; // null while no head has come
    private int status; // 0 while none is known
    private long answerBytes;
    private long firstBytesNanos;
    private long answeredNanos;

    ServedRequest(InferenceExchange inference, EndpointBreaker.Permission permission, RelayObserver observer) {
        this.inference = inference;
        this.permission = permission;
        this.observer = observer;
        this.endpoints = inference.decision().endpoints();
        this.endpoint = inference.decision().endpoint();
        this.promptTokens = inference.request().prompt().estimatedTokens();
        this.destination = destination(inference.decision());
        this.sentNanos = System.nanoTime();
    }

    private static String destination(Decision.Picked decision) {
        Decision.Route route = decision.route();
        List<EndpointState> endpoints = decision.endpoints();
        if (route != null && !route.address().equals(endpoints.get(0).endpoint().address())) {
            return WireAddress.of(route.address());
        }
        StringBuilder list =
                new StringBuilder(WireAddress.of(endpoints.get(0).endpoint().address()));
        for (int i = 1; i < endpoints.size(); i++) {
            list.append(',').append(WireAddress.of(endpoints.get(i).endpoint().address()));
        }
        return list.toString();
    }

    void begin() {
        inference.setSent();
        observer.began(inference.request());
        inference.finish().onEnd(this::ended);
    }

    /** Returns where the request goes: {@code ip:port}, the first choice first, with commas between. */
    String destination() {
        return destination;
    }

    /** Returns the request as its route has left it. */
    InferenceExchange inference() {
        return inference;
    }

    /** Returns the address that the request goes to first. */
    InetSocketAddress address() {
        Decision.Route route = inference.decision().route();
        return route == null ? endpoint.endpoint().address() : route.address();
    }

    /** Returns the endpoint that counts the request as load. */
    EndpointState endpoint() {
        return endpoint;
    }

    /**
     * Notes the head of the answer.
     *
     * @param isRead whether the body is to be read
     * @param headers take what is to be changed in the answer's head
     */
    void head(AnswerHead head, boolean isRead, ResponseHeaders headers) {
        if (!head.served().isEmpty()) {
            inference.request().attributes().put(InferenceRequest.SERVED_ENDPOINT, head.served());
            servedBy(head.served());
        }
        status = head.status();
        // A chat stream begins with an event that names the role.
        reader = new AnswerReader(
                isRead ? head.kind() : AnswerReader.Kind.OTHER,
                inference.request().api() == Api.CHAT_COMPLETIONS ? 1 : 0);
        if (status >= SERVER_ERROR) {
            permission.error(new InferenceException(ErrorCode.UPSTREAM_FAILED, "status " + status));
        }
        inference.choice().headBegins(headers);
    }

    /** A proxy goes down the list when an endpoint fails; one that is not on the list was not ours to blame. */
    private void servedBy(String served) {
        if (served.equals(WireAddress.of(endpoint.endpoint().address()))) {
            return;
        }
        EndpointState other = find(endpoints, served);
        if (other != null) {
            permission.error(new InferenceException(ErrorCode.UPSTREAM_FAILED, "the proxy went on to " + served));
        } else {
            permission.released();
            other = find(inference.candidates(), served);
        }
        if (other != null) {
            inference.choice().servedBy(other);
            endpoint = other;
            permission = other.breaker().acquireAnyway();
        }
    }

    private static @Nullable EndpointState find(List<EndpointState> among, String address) {
        for (EndpointState candidate : among) {
            if (address.equals(WireAddress.of(candidate.endpoint().address()))) {
                return candidate;
            }
        }
        return null;
    }

    /** Notes a chunk of the answer's body. */
    void body(ByteString chunk) {
        if (chunk.isEmpty() || reader == null) {
            return;
        }
        if (answerBytes == 0) {
            firstBytesNanos = System.nanoTime();
            inference.choice().promptComputed(status >= 200 && status < 300);
            forget();
        }
        answerBytes += chunk.size();
        reader.read(chunk);
    }

    /** The whole answer has passed. */
    void end() {
        answeredNanos = System.nanoTime();
        permission.success(); // nothing if it was an error
        inference.finish().end(Outcome.COMPLETED);
    }

    /** An answer may take hours; only its end is still to be told of. */
    void forget() {
        inference.forgetChoice();
        inference.forgetPrompt();
        if (inference.body() instanceof GatheredBody body) {
            body.letGo();
        }
    }

    private void ended(Outcome outcome) {
        permission.released();
        TokenUsage usage = null;
        if (reader != null) {
            reader.end();
            usage = reader.usage(promptTokens);
        }
        observer.ended(new RelayRecord(
                inference.request(),
                inference.poolName(),
                endpoint.endpoint().hostPort(),
                status,
                outcome,
                null,
                usage,
                1,
                answerBytes,
                new RelayTimes(
                        inference.admittedNanos(),
                        since(sentNanos),
                        firstBytesNanos == 0 ? RelayTimes.NEVER : since(firstBytesNanos),
                        answeredNanos == 0 ? RelayTimes.NEVER : since(answeredNanos),
                        since(System.nanoTime())),
                inference.trace(),
                reader == null ? null : reader.gaps()));
    }

    private long since(long nanos) {
        return nanos - inference.beganNanos();
    }
}
