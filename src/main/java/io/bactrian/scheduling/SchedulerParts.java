package io.bactrian.scheduling;

import io.bactrian.flowcontrol.SaturationDetector;
import java.util.List;

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
 */
public record SchedulerParts(
        List<HeaderProcessor> headerProcessors,
        List<Screener> screeners,
        List<DataProducer> producers,
        List<Admitter> admitters,
        List<RequestHook> hooks,
        SaturationDetector detector,
        List<SchedulingProfile> profiles,
        ProfileHandler handler) {
    public SchedulerParts {
        headerProcessors = List.copyOf(headerProcessors);
        screeners = List.copyOf(screeners);
        producers = List.copyOf(producers);
        admitters = List.copyOf(admitters);
        hooks = List.copyOf(hooks);
        profiles = List.copyOf(profiles);
    }

    /** Returns parts that have nothing beside profiles and their handler, and are never saturated. */
    public static SchedulerParts of(List<SchedulingProfile> profiles, ProfileHandler handler) {
        return new SchedulerParts(
                List.of(), List.of(), List.of(), List.of(), List.of(), endpoints -> 0, profiles, handler);
    }
}
