package io.bactrian.benchmarks;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the processes that {@code run.py} starts. */
@Command(
        name = "tools",
        description = "The processes of a benchmark; run.py starts them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            FixedModelServer.class,
            RawProxy.class,
            StreamClient.class,
            EchoPicker.class,
            PickerClient.class,
            FlightReport.class
        })
public final class Tools {
    private Tools() {}

    /** Runs the tool that {@code arguments} name. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Tools()).execute(arguments));
    }
}
