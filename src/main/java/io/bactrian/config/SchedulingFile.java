package io.bactrian.config;

import io.bactrian.config.datalayer.DataLayer;
import io.bactrian.scheduling.ReadApis;
import io.bactrian.scheduling.SchedulingPolicy;
import java.util.List;

/**
 * What an {@code EndpointPickerConfig} says.
 *
 * @param policy the part that this build runs
 * @param readApis which requests are read, by the parsers that the file names
 * @param dataLayer where what is known of endpoints comes from
 * @param waiting what the file asks for that this build does not have, a line each; the file is valid all the same
 * @param warnings what is taken, but had better be written otherwise
 */
public record SchedulingFile(
        SchedulingPolicy policy, ReadApis readApis, DataLayer dataLayer, List<String> waiting, List<String> warnings) {
    public SchedulingFile {
        waiting = List.copyOf(waiting);
        warnings = List.copyOf(warnings);
    }
}
