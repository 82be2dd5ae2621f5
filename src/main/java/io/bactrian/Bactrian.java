package io.bactrian;

import io.bactrian.cli.Demo;
import io.bactrian.cli.Explain;
import io.bactrian.cli.Load;
import io.bactrian.cli.Replay;
import io.bactrian.cli.Serve;
import io.bactrian.cli.Simulate;
import io.bactrian.cli.Validate;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. */
@Command(
        name = "bactrian",
        description = "Routes inference requests to pools of model servers.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {Serve.class, Validate.class, Explain.class, Demo.class, Simulate.class, Load.class, Replay.class
        })
public final class Bactrian {
    private Bactrian() {}

    /** Runs the command that {@code arguments} name. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Returns the command line with all its commands. */
    public static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Bactrian());
        commandLine.setExecutionStrategy(new CommandLine.RunLast());
        return commandLine;
    }
}
