package io.bactrian.config;

import io.bactrian.scheduling.SchedulingPolicy;
import java.util.List;

/**
 * What an {@code EndpointPickerConfig} says.
 *
 * @param policy the part that this build runs
 * @param waiting what the file asks for that this build does not have, a line each; the file is valid all the same
 * @param warnings what is taken, but had better be written otherwise
 */
public record SchedulingFile(SchedulingPolicy policy, List<String> waiting, List<String> warnings) {
    public SchedulingFile {
        waiting = List.copyOf(waiting);
        warnings = List.copyOf(warnings);
    }
}
