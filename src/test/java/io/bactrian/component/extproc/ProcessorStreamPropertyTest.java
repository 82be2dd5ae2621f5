package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.TestProxy;
import io.bactrian.relay.RelayObserver;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulerParts;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.ScoredCandidates;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;

/** Whatever a proxy sends, in whatever order: replies in the order of HTTP, one end, no byte kept, never a wait without end. */
class ProcessorStreamPropertyTest {
    private static final int MAX_BODY_BYTES = 300_000;
    private static final int STEPS = 30;
    private static final DefaultCamelContext CAMEL = new DefaultCamelContext();

    private static ServedRequest served(ProcessorStream.Incoming incoming) {
        InferenceExchange inference = InferenceExchange.begin(
                new DefaultExchange(CAMEL), incoming.finish(), incoming.head(), incoming.body(), Runnable::run);
        InferenceRequest request = InferenceRequests.with(Map.of());
        inference.setTarget("r", "/");
        inference.setRequest(request, List.of());
        EndpointState endpoint = Candidates.silent("a");
        List<EndpointState> chosen = List.of(endpoint);
        EndpointChoice choice = new EndpointChoice(
                new Scheduler(
                        1, SchedulerParts.of(List.of(), NOBODY), new SchedulingObserver() {}, () -> new Random(1)),
                request,
                chosen,
                RequestListener.NONE,
                incoming.finish());
        choice.servedBy(endpoint);
        inference.setCandidates(chosen);
        inference.setChoice(
                choice,
                new Decision.Picked(
                        "p",
                        Map.of("p", new ProfileResult.Picked(chosen, new ScoredCandidates(chosen, new double[1])))));
        ServedRequest served = new ServedRequest(inference, endpoint.breaker().acquireAnyway(), RelayObserver.NONE);
        served.begin();
        return served;
    }

    private static final ProfileHandler NOBODY = new ProfileHandler() {
        @Override
        public List<String> next(
                InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
            return List.of();
        }

        @Override
        public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
            return new Decision.Refused(ErrorCode.NO_ENDPOINT, "nobody", "");
        }
    };

    private static final BodySendMode[] MODES = {
        BodySendMode.FULL_DUPLEX_STREAMED,
        BodySendMode.FULL_DUPLEX_STREAMED,
        BodySendMode.BUFFERED,
        BodySendMode.BUFFERED_PARTIAL,
        BodySendMode.STREAMED,
        BodySendMode.NONE
    };

    @Property(tries = 4_000)
    void keepsTheProtocolWhateverComes(@ForAll long seed) {
        new Run().play(new Random(seed));
    }

    /** One stream, with all that happened on it. */
    private static final class Run {
        private final MemoryBudget budget = new MemoryBudget(400_000);
        private final List<ProcessingResponse> replies = new ArrayList<>();
        private final List<Finish> finishes = new ArrayList<>();
        private final List<ServedRequest> unread = new ArrayList<>();
        private ByteString sentBody = ByteString.EMPTY;
        private int ends;
        private boolean ready = true;
        private boolean closed;
        private @Nullable Runnable pending;

        private final class Recording implements ProcessorStream.Outlet {
            @Override
            public boolean isReady() {
                return ready;
            }

            @Override
            public void send(Reply reply) {
                assertThat(closed).as("replies after the end").isFalse();
                replies.add(read(reply));
            }

            @Override
            public void complete() {
                close();
            }

            @Override
            public void fail(String message) {
                close();
            }

            private void close() {
                assertThat(closed).as("a second end").isFalse();
                closed = true;
            }
        }

        private final class Deciding implements ProcessorStream.Requests {
            private final Random random;

            Deciding(Random random) {
                this.random = random;
            }

            @Override
            public @Nullable InferenceException refusal() {
                return random.nextInt(20) == 0 ? new InferenceException(ErrorCode.SHUTTING_DOWN, "stopping") : null;
            }

            @Override
            public void begins(Finish finish) {
                finishes.add(finish);
                finish.onEnd(outcome -> ends++);
            }

            @Override
            public void route(ProcessorStream.Incoming incoming, boolean whole, ProcessorStream stream) {
                Verdict verdict = random.nextInt(6) == 0
                        ? Verdict.refused(new InferenceException(ErrorCode.NO_ENDPOINT, "none"))
                        : new Verdict.Handed(served(incoming));
                if (random.nextBoolean()) {
                    stream.decided(verdict);
                } else {
                    pending = () -> stream.decided(verdict);
                }
            }

            @Override
            public void turnedAway(InferenceException refusal) {}

            @Override
            public void goesUnread(ServedRequest served) {
                unread.add(served);
            }
        }

        private static ProcessingResponse read(Reply reply) {
            try {
                return ProcessingResponse.parseFrom(reply.bytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void play(Random random) {
            BodySendMode requestMode = MODES[random.nextInt(MODES.length)];
            BodySendMode responseMode = MODES[random.nextInt(MODES.length)];
            ProcessorStream stream = new ProcessorStream(
                    new Recording(),
                    new Deciding(random),
                    new ProcessorStream.Rules(
                            8192, MAX_BODY_BYTES, random.nextInt(4) > 0, random.nextBoolean(), false, false),
                    budget);
            int legal = 0;
            boolean first = true;
            for (int step = 0; step < STEPS && !closed; step++) {
                ready = random.nextInt(4) > 0;
                if (random.nextInt(3) == 0) {
                    settle(stream);
                }
                if (random.nextInt(60) == 0) {
                    stream.halfClosed();
                } else if (random.nextInt(80) == 0) {
                    closed = true;
                    stream.cancelled();
                } else if (stream.wantsMessage()) {
                    boolean inOrder = random.nextInt(12) > 0;
                    ProcessingRequest message = inOrder ? legal(legal, random) : legal(random.nextInt(9), random);
                    legal += inOrder ? 1 + (random.nextInt(5) == 0 ? 1 : 0) : 0;
                    stream.take(first ? TestProxy.in(requestMode, responseMode, message) : message);
                    first = false;
                    assertThat(budget.heldBytes()).isLessThanOrEqualTo(MAX_BODY_BYTES + 120_000);
                }
            }
            ready = true;
            settle(stream);
            assertThat(closed || stream.wantsMessage())
                    .as("goes on or has ended")
                    .isTrue();
            if (!closed) {
                closed = true;
                stream.cancelled();
            }
            unread.forEach(served -> served.inference().finish().end());
            assertThat(ends).as("ends of requests").isEqualTo(finishes.size());
            assertThat(budget.heldBytes()).as("bytes held").isZero();
            assertThat(order()).matches("H?B*T?(h?b*t?)I?|I").doesNotMatch(".*I.+");
            if (requestMode == BodySendMode.FULL_DUPLEX_STREAMED && order().contains("B")) {
                assertThat(sentBody.startsWith(echoed()))
                        .as("the body comes back as it was")
                        .isTrue();
            }
        }

        private void settle(ProcessorStream stream) {
            Runnable decision = pending;
            pending = null;
            if (decision != null) {
                decision.run();
            }
            stream.flush();
        }

        /** Returns the message that may come at {@code place} of a request and its answer. */
        private ProcessingRequest legal(int place, Random random) {
            return switch (place) {
                case 0 ->
                    TestProxy.head(random.nextInt(8) == 0, "x-long", "x".repeat(random.nextInt(50) == 0 ? 9000 : 1));
                case 1, 2 -> body(random, random.nextInt(3) == 0);
                case 3 -> random.nextInt(3) == 0 ? TestProxy.trailers() : body(random, true);
                case 4 -> TestProxy.responseHead(random.nextInt(5) == 0 ? 500 : 200, "text/event-stream", false);
                case 5, 6 -> TestProxy.responseBody("data: " + "y".repeat(random.nextInt(70_000)) + "\n\n", false);
                case 7 -> random.nextBoolean() ? TestProxy.responseTrailers() : TestProxy.responseBody("", true);
                default -> ProcessingRequest.getDefaultInstance();
            };
        }

        private ProcessingRequest body(Random random, boolean end) {
            byte[] bytes = new byte[random.nextInt(120_000)];
            random.nextBytes(bytes);
            ByteString body = ByteString.copyFrom(bytes);
            sentBody = sentBody.concat(body);
            return TestProxy.body(body, end);
        }

        private ByteString echoed() {
            ByteString all = ByteString.EMPTY;
            for (ProcessingResponse reply : replies) {
                if (reply.hasRequestBody()) {
                    all = all.concat(reply.getRequestBody()
                            .getResponse()
                            .getBodyMutation()
                            .getStreamedResponse()
                            .getBody());
                }
            }
            return all;
        }

        private String order() {
            StringBuilder order = new StringBuilder();
            for (ProcessingResponse reply : replies) {
                order.append(
                        switch (reply.getResponseCase()) {
                            case REQUEST_HEADERS -> 'H';
                            case REQUEST_BODY -> 'B';
                            case REQUEST_TRAILERS -> 'T';
                            case RESPONSE_HEADERS -> 'h';
                            case RESPONSE_BODY -> 'b';
                            case RESPONSE_TRAILERS -> 't';
                            case IMMEDIATE_RESPONSE -> 'I';
                            default -> '?';
                        });
            }
            return order.toString();
        }
    }
}
