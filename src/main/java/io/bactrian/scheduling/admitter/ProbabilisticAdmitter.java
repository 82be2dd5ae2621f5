package io.bactrian.scheduling.admitter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Admitter;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Turns sheddable requests away the likelier the fuller the pool is, long before it is full.
 *
 * <p>With s, the mean over the endpoints of {@link EndpointState#fullness}, the chance is min(1, k s^power). An
 * endpoint of which nothing is known counts as full.
 */
final class ProbabilisticAdmitter implements Admitter {
    static final String TYPE = "probabilistic-admitter";

    private static final Optional<Decision.Refused> REFUSED = Optional.of(new Decision.Refused(
            ErrorCode.SATURATED, "system is filling up, sheddable request dropped", Decision.SATURATED));

    private final double queueDepthThreshold;
    private final double kvCacheUtilThreshold;
    private final double power;
    private final double k;

    private ProbabilisticAdmitter(double queueDepthThreshold, double kvCacheUtilThreshold, double power, double k) {
        this.queueDepthThreshold = queueDepthThreshold;
        this.kvCacheUtilThreshold = kvCacheUtilThreshold;
        this.power = power;
        this.k = k;
    }

    static ProbabilisticAdmitter create(PluginParameters parameters, PluginServices services) {
        return new ProbabilisticAdmitter(
                parameters.number("queueDepthThreshold", 5, Double.MIN_VALUE, Double.MAX_VALUE),
                parameters.number("kvCacheUtilThreshold", 0.8, Double.MIN_VALUE, Double.MAX_VALUE),
                parameters.number("power", 5, Double.MIN_VALUE, Double.MAX_VALUE),
                parameters.number("k", 300, Double.MIN_VALUE, Double.MAX_VALUE));
    }

    @Override
    public Optional<Decision.Refused> refusal(InferenceRequest request, List<EndpointState> candidates) {
        if (!request.objective().isSheddable()) {
            return Optional.empty();
        }
        double chance = chance(saturation(candidates));
        return ThreadLocalRandom.current().nextDouble() < chance ? REFUSED : Optional.empty();
    }

    /** Returns the chance that a sheddable request is turned away at {@code saturation}. */
    double chance(double saturation) {
        return Math.min(1, Math.pow(saturation, power) * k);
    }

    private double saturation(List<EndpointState> candidates) {
        double sum = 0;
        for (EndpointState candidate : candidates) {
            double fullness = candidate.fullness(queueDepthThreshold, kvCacheUtilThreshold);
            sum += Double.isNaN(fullness) ? 1 : fullness;
        }
        return candidates.isEmpty() ? 1 : sum / candidates.size();
    }
}
