package io.bactrian.scheduling;

import io.bactrian.flowcontrol.SaturationDetector;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import java.util.List;
import java.util.Optional;

/**
 * What a scheduler is put together from.
 *
 * @param headerProcessors in the order of the configuration
 * @param screeners whose results are intersected
 * @param producers in the order in which they run
 * @param admitters in the order of the configuration; the first refusal counts
 * @param hooks plug-ins that follow requests
 * @param detector measures how full the pool is
 * @param profiles the scheduling profiles, each with a name of its own
 * @param names what the plug-ins are called; one that is missing is not timed
 * @param availability the prefix match that {@code Prefer: if-available} goes by
 */
public record SchedulerParts(
        List<HeaderProcessor> headerProcessors,
        List<Screener> screeners,
        List<DataProducer> producers,
        List<Admitter> admitters,
        List<RequestHook> hooks,
        SaturationDetector detector,
        List<SchedulingProfile> profiles,
        ProfileHandler handler,
        PluginNames names,
        DataKey<PrefixMatch> availability) {
    public SchedulerParts {
        headerProcessors = List.copyOf(headerProcessors);
        screeners = List.copyOf(screeners);
        producers = List.copyOf(producers);
        admitters = List.copyOf(admitters);
        hooks = List.copyOf(hooks);
        profiles = List.copyOf(profiles);
    }

    /** Returns what the detector is called; empty if it has no name. */
    public Optional<PluginName> detectorName() {
        return Optional.ofNullable(names.of(detector));
    }

    /** Returns parts that have nothing beside profiles and their handler, and are never saturated. */
    public static SchedulerParts of(List<SchedulingProfile> profiles, ProfileHandler handler) {
        return new SchedulerParts(
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                endpoints -> 0,
                profiles,
                handler,
                PluginNames.NONE,
                PrefixMatch.keyOrDefault(""));
    }
}
