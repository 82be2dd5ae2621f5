package io.bactrian.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.ResponseHeaders;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerTest {
    private static final DataKey<String> KEY = new DataKey<>("word", "p");
    private static final Decision.Refused FULL =
            new Decision.Refused(ErrorCode.NO_ENDPOINT, "full", Decision.SATURATED);

    private static final DataKey<PrefixMatch> AVAILABILITY = PrefixMatch.key("index");

    private final InferenceRequest request = InferenceRequests.completion(Prompt.NONE);
    private final EndpointState a = Candidates.reporting("a", 0, 0);
    private final EndpointState b = Candidates.reporting("b", 0, 0);
    private final List<String> observed = new ArrayList<>();

    @Test
    void whoServesMustPassEveryScreener() {
        EndpointState c = Candidates.reporting("c", 0, 0);
        Scheduler scheduler = scheduler(
                parts(List.of((r, endpoints) -> List.of(a, b), (r, endpoints) -> List.of(b, c)), List.of(), List.of()));

        assertThat(scheduler.screen(request, List.of(a, b, c))).containsExactly(b);
    }

    @Test
    void theFirstAdmitterThatRefusesDecides() {
        Scheduler scheduler = scheduler(parts(
                List.of(),
                List.of(),
                List.of((r, candidates) -> Optional.empty(), (r, candidates) -> Optional.of(FULL))));

        assertThat(scheduler.decide(request, List.of(a))).isSameAs(FULL);
    }

    @Test
    void aRequestThatIsTriedAgainIsNotAdmittedAgain() {
        Scheduler scheduler = scheduler(parts(List.of(), List.of(), List.of((r, candidates) -> Optional.of(FULL))));

        assertThat(scheduler.decideAgain(request, List.of(a))).isInstanceOf(Decision.Picked.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "if-available",
                "If-Available",
                "respond-async, if-available",
                "if-available;q=1",
                "wait=10;x=y , if-available ; z, a",
            })
    void whoPrefersACachedPromptIsRefusedElsewhere(String prefer) {
        Scheduler scheduler = scheduler(parts(List.of(), List.of(), List.of()));
        InferenceRequest conditional = InferenceRequests.with(Map.of("prefer", prefer));

        Decision unknown = scheduler.decide(conditional, List.of(a));
        a.put(AVAILABILITY, new PrefixMatch(0, 2, 64));
        Decision uncached = scheduler.decide(conditional, List.of(a));
        a.put(PrefixMatch.keyOrDefault(""), new PrefixMatch(2, 2, 64));
        Decision cachedByAnother = scheduler.decide(conditional, List.of(a));
        a.put(AVAILABILITY, new PrefixMatch(1, 2, 64));

        assertThat(List.of(unknown, uncached, cachedByAnother))
                .containsOnly(new Decision.Refused(
                        ErrorCode.PRECONDITION_FAILED, "no decode worker has the requested KV cache", ""));
        assertThat(scheduler.decide(conditional, List.of(a))).isInstanceOf(Decision.Picked.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "if-availables", "x;if-available", "respond-async,", ";if-available"})
    void otherPreferencesAreNobodysBusiness(String prefer) {
        Scheduler scheduler = scheduler(parts(List.of(), List.of(), List.of()));

        assertThat(scheduler.decide(InferenceRequests.with(Map.of("prefer", prefer)), List.of(a)))
                .isInstanceOf(Decision.Picked.class);
    }

    @Test
    void aSlowProducersDataIsAttachedOnTheRequestsThread() {
        CompletableFuture<Supplier<RequestListener>> answer = new CompletableFuture<>();
        Deque<Runnable> home = new ArrayDeque<>();
        List<RequestListener> followers = new ArrayList<>();
        scheduler(parts(List.of(), List.of(slow(answer, Duration.ofDays(1))), List.of()))
                .enrich(request, List.of(a), home::add, followers::add);

        answer.complete(() -> {
            a.put(KEY, "found");
            return RequestListener.NONE;
        });
        assertThat(a.get(KEY)).isNull();
        home.remove().run();

        assertThat(a.get(KEY)).isEqualTo("found");
        assertThat(followers).hasSize(1);
    }

    @Test
    void aSlowProducerIsWaitedForUntilItsDeadlineAndNoLonger() throws InterruptedException {
        CompletableFuture<Supplier<RequestListener>> never = new CompletableFuture<>();
        BlockingQueue<RequestListener> followers = new LinkedBlockingQueue<>();
        scheduler(parts(List.of(), List.of(slow(never, Duration.ofMillis(1))), List.of()))
                .enrich(request, List.of(a), Runnable::run, followers::add);

        assertThat(followers.poll(10, TimeUnit.SECONDS)).isSameAs(RequestListener.NONE);
        assertThat(observed).containsExactly("java.util.concurrent.TimeoutException");
    }

    @Test
    void hooksFollowARequestToItsEnd() {
        List<String> heard = new ArrayList<>();
        SchedulerParts parts = new SchedulerParts(
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of((r, candidates) -> follower(heard)),
                endpoints -> 0,
                List.of(profile()),
                handler(),
                PluginNames.NONE,
                AVAILABILITY);
        List<RequestListener> followers = new ArrayList<>();
        Scheduler scheduler = scheduler(parts);
        scheduler.enrich(request, List.of(a), Runnable::run, followers::add);
        Finish finish = new Finish();
        EndpointChoice choice = new EndpointChoice(scheduler, request, List.of(a, b), followers.get(0), finish);

        choice.decide();
        choice.decideWithout(a);
        choice.answerBegins((name, value) -> heard.add(name + "=" + value), true);
        finish.end(Outcome.COMPLETED);
        finish.end(Outcome.CLIENT_LEFT);

        assertThat(heard).containsExactly("picked", "picked", "x-served=yes", "completed");
    }

    private static RequestListener follower(List<String> heard) {
        return new RequestListener() {
            @Override
            public void picked(Decision.Picked decision) {
                heard.add("picked");
            }

            @Override
            public void answerBegins(ResponseHeaders headers) {
                headers.set("x-served", "yes");
            }

            @Override
            public void ended(Outcome outcome) {
                heard.add(outcome.name().toLowerCase(java.util.Locale.ROOT));
            }
        };
    }

    private static SlowDataProducer slow(CompletableFuture<Supplier<RequestListener>> answer, Duration deadline) {
        return new SlowDataProducer() {
            @Override
            public Set<DataKey<?>> produces() {
                return Set.of(KEY);
            }

            @Override
            public Duration deadline() {
                return deadline;
            }

            @Override
            public CompletableFuture<Supplier<RequestListener>> begin(
                    InferenceRequest request, List<EndpointState> candidates) {
                return answer;
            }
        };
    }

    private static SchedulerParts parts(
            List<Screener> screeners, List<DataProducer> producers, List<Admitter> admitters) {
        return new SchedulerParts(
                List.of(),
                screeners,
                producers,
                admitters,
                List.of(),
                endpoints -> 0,
                List.of(profile()),
                handler(),
                PluginNames.NONE,
                AVAILABILITY);
    }

    private static SchedulingProfile profile() {
        return new SchedulingProfile("p", List.of(), List.of(), (scored, random) -> List.of(scored.candidate(0)));
    }

    private static ProfileHandler handler() {
        return new ProfileHandler() {
            @Override
            public List<String> next(
                    InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
                return results.isEmpty() ? List.of("p") : List.of();
            }

            @Override
            public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
                return new Decision.Picked("p", Map.of("p", (ProfileResult.Picked)
                        results.values().iterator().next()));
            }
        };
    }

    private Scheduler scheduler(SchedulerParts parts) {
        SchedulingObserver observer = new SchedulingObserver() {
            @Override
            public void producerFailed(DataProducer producer, Throwable cause) {
                observed.add(cause.toString());
            }
        };
        Random random = new Random(1);
        return new Scheduler(1, parts, observer, () -> random);
    }
}
