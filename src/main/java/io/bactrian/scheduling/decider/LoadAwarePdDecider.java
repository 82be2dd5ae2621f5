package io.bactrian.scheduling.decider;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.endpoint.Signal;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Splits prefill off when that is predicted to be better for this request and for those the decode endpoint is serving.
 *
 * <p>Time to the first token, together: the tokens queued at the decode endpoint and those it would have to compute, by its
 * measured speed. Apart: the same at the best prefill endpoint, or what is queued at the decode endpoint if that takes longer, then
 * the transfer. What computing a prompt costs the requests that are generating at the same endpoint is the time by which it holds each of
 * them up; and where others queue at the decode endpoint, those who come next are delayed too, wherever their prompts are computed. Split
 * is chosen when
 *
 * <pre>ttft(apart) + itlWeight * held up(prefill endpoint)
 *     is less than  ttft(together) + itlWeight * held up(decode endpoint) + delay of others(decode endpoint)</pre>
 *
 * <p>Speeds are lines (a base and a time per token) through what was measured; the parameters are what is believed before that.
 */
final class LoadAwarePdDecider implements Decider, RequestHook, DataConsumer {
    static final String TYPE = "load-aware-pd-decider";

    /** What moving a request from one endpoint to another takes at least: two messages and a scheduler's turn. */
    private static final double HANDOFF_SECONDS = 0.005;

    /** Prompts shorter than this tell nothing of an endpoint's speed. */
    private static final int MIN_MEASURED_TOKENS = 64;

    /** A usual prompt, to which the believed speeds apply. */
    private static final double USUAL_TOKENS = 2048;

    private static final double NANOS_PER_SECOND = 1e9;

    private final DataKey<PrefixMatch> key;
    private final double itlWeight;
    private final int minTokens;
    private final double prefillSecondsPerToken;
    private final DecayedLine handoff; // seconds, by tokens of the prompt
    private final Map<String, DecayedLine> prefill = new ConcurrentHashMap<>(); // seconds by tokens, of each endpoint
    private final LongSupplier nanoClock;

    private LoadAwarePdDecider(
            DataKey<PrefixMatch> key,
            double itlWeight,
            int minTokens,
            double prefillTokensPerSecond,
            double transferTokensPerSecond,
            LongSupplier nanoClock) {
        this.key = key;
        this.itlWeight = itlWeight;
        this.minTokens = minTokens;
        this.prefillSecondsPerToken = 1 / prefillTokensPerSecond;
        this.handoff = new DecayedLine(HANDOFF_SECONDS, 1 / transferTokensPerSecond, USUAL_TOKENS);
        this.nanoClock = nanoClock;
    }

    static LoadAwarePdDecider create(PluginParameters parameters, PluginServices services) {
        return new LoadAwarePdDecider(
                PrefixMatch.keyOrDefault(parameters.text("prefixMatchInfoProducerName", "")),
                parameters.number("itlWeight", 0.1, 0, 1000),
                parameters.integer("minTokens", MIN_MEASURED_TOKENS, 0, Integer.MAX_VALUE),
                parameters.number("prefillTokensPerSecond", 8000, 1, 1e9),
                parameters.number("transferTokensPerSecond", 100_000, 1, 1e9),
                () -> {
                    var now = services.clock().instant();
                    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
                });
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public boolean splits(InferenceRequest request, @Nullable EndpointState decode, List<EndpointState> candidates) {
        if (decode == null) {
            return false;
        }
        double tokens = uncachedTokens(request, decode);
        if (tokens < minTokens) {
            return false;
        }
        double together = cost(decode, tokens) + delaysOthers(decode, tokens);
        // A prompt that comes from elsewhere waits behind those the decode endpoint computes, while it is computed
        // there.
        double ahead = aheadSeconds(decode);
        double apart = Double.POSITIVE_INFINITY;
        for (EndpointState candidate : candidates) {
            if (candidate != decode
                    && candidate.endpoint().role().prefills()
                    && !candidate.breaker().isBroken()) {
                apart = Math.min(apart, Math.max(ahead, cost(candidate, uncachedTokens(request, candidate))));
            }
        }
        return apart + handoff.at(tokens) < together;
    }

    /** Returns the seconds until {@code tokens} are computed behind what is queued, and what they cost those who generate there. */
    private double cost(EndpointState endpoint, double tokens) {
        DecayedLine speed = speed(endpoint);
        double heldUp = speed.perUnit() * tokens * generating(endpoint);
        return speed.at(endpoint.load().promptTokens() + tokens) + itlWeight * heldUp;
    }

    /**
     * Returns the seconds by which a prompt computed at the decode endpoint delays those who come after it, prompts from elsewhere among
     * them: where a queue is found, one as long is likely to follow.
     */
    private double delaysOthers(EndpointState decode, double tokens) {
        return speed(decode).perUnit() * Math.min(tokens, decode.load().promptTokens());
    }

    /** Returns the seconds until the prompts are computed that the router has sent to an endpoint. */
    private double aheadSeconds(EndpointState endpoint) {
        return speed(endpoint).at(endpoint.load().promptTokens());
    }

    /** Returns how many requests are generating: those that run, without those that the router sent to compute a prompt only. */
    private static double generating(EndpointState endpoint) {
        if (!endpoint.endpoint().role().decodes()) {
            return 0;
        }
        Signal running = endpoint.metrics().runningRequests();
        return running.isPresent() ? running.value() : endpoint.load().requests();
    }

    private DecayedLine speed(EndpointState endpoint) {
        String id = endpoint.endpoint().id();
        DecayedLine known = prefill.get(id);
        return known != null
                ? known
                : prefill.computeIfAbsent(id, of -> new DecayedLine(0, prefillSecondsPerToken, USUAL_TOKENS));
    }

    private double uncachedTokens(InferenceRequest request, EndpointState endpoint) {
        PrefixMatch match = endpoint.get(key);
        int prompt = request.prompt().estimatedTokens();
        return match == null ? prompt : Math.max(0, prompt - match.matchTokens());
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        prefill.keySet().removeIf(id -> isGone(id, candidates));
        return new Measuring(request);
    }

    /** A pool changes seldom, so that the search is only made when more is remembered than there are endpoints. */
    private boolean isGone(String id, List<EndpointState> candidates) {
        return prefill.size() > 2 * candidates.size()
                && candidates.stream()
                        .noneMatch(candidate -> candidate.endpoint().id().equals(id));
    }

    /** Times one request: until its prompt is computed, and from there to its first token. */
    private final class Measuring implements RequestListener {
        private final InferenceRequest request;
        private @Nullable DecayedLine computing; // of the endpoint that computes the prompt
        private double aheadTokens;
        private double ownTokens;
        private boolean split;
        private @Nullable EndpointState decode;
        private double aheadSeconds; // at the decode endpoint, when the prompt had been computed elsewhere
        private long sinceNanos;

        Measuring(InferenceRequest request) {
            this.request = request;
        }

        @Override
        public void picked(Decision.Picked decision) {
            EndpointState prefiller = decision.prefillEndpoint();
            EndpointState endpoint = prefiller == null ? decision.endpoint() : prefiller;
            split = prefiller != null;
            decode = decision.endpoint();
            computing = speed(endpoint);
            ownTokens = uncachedTokens(request, endpoint);
            RequestCost cost = endpoint.get(RequestCost.KEY);
            double reserved = cost == null ? request.prompt().estimatedTokens() : cost.tokens();
            aheadTokens = Math.max(0, endpoint.load().promptTokens() - reserved); // its own are reserved already
            sinceNanos = nanoClock.getAsLong();
        }

        @Override
        public void prefilled() {
            if (split) {
                computed();
                aheadSeconds = decode == null ? 0 : aheadSeconds(decode);
            }
        }

        @Override
        public void firstToken() {
            if (!request.stream()) {
                return; // the answer is here as a whole, and its first token's time is not known
            }
            if (split && computing == null) {
                handedOver();
            } else {
                computed();
            }
        }

        /** What the decode endpoint was busy with is no part of the handoff; where requests wait for seats, nothing is learnt. */
        private void handedOver() {
            if (decode == null || !(decode.waitingRequests() > 0)) {
                handoff.note(ownTokens, Math.max(0, seconds() - aheadSeconds));
            }
        }

        private void computed() {
            if (computing != null && aheadTokens + ownTokens >= MIN_MEASURED_TOKENS) {
                computing.note(aheadTokens + ownTokens, seconds());
            }
            computing = null;
            sinceNanos = nanoClock.getAsLong();
        }

        private double seconds() {
            return (nanoClock.getAsLong() - sinceNanos) / NANOS_PER_SECOND;
        }
    }
}
