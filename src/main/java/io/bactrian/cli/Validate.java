package io.bactrian.cli;

import io.bactrian.Router;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.config.PropertySources;
import io.bactrian.config.SchedulingFile;
import io.bactrian.config.SchedulingFileReader;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks properties, routes and scheduling files without starting anything. */
@Command(
        name = "validate",
        description = "Checks properties, routes and scheduling files without starting anything.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:this build runs it",
            "1:something is wrong",
            "2:the command line is wrong",
            "3:valid, but this build lacks something it needs"
        })
public final class Validate implements Callable<Integer> {
    private static final int RUNS = 0;
    private static final int WRONG = 1;
    private static final int LACKS = 3;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Checks the properties in this file, and the routes and scheduling files that they name.")
    private @Nullable Path config;

    @Option(
            names = "--allow-experimental-plugins",
            description = "Lets the scheduling FILEs name plug-ins that llm-d calls Alpha.")
    private boolean allowExperimental;

    @Parameters(paramLabel = "FILE", description = "Scheduling files: llm-d's EndpointPickerConfig.")
    private List<Path> files = List.of();

    @Override
    public Integer call() {
        int worst = config == null ? RUNS : checkConfiguration(config);
        for (Path file : files) {
            worst = worse(worst, checkFile(file));
        }
        if (config == null && files.isEmpty()) {
            spec.commandLine().getErr().println("nothing to check (expected: --config FILE, or scheduling files)");
            return 2;
        }
        return worst;
    }

    /** What is wrong is worse than what is lacking. */
    private static int worse(int one, int other) {
        return one == WRONG || other == WRONG ? WRONG : Math.max(one, other);
    }

    private int checkConfiguration(Path properties) {
        PrintWriter out = spec.commandLine().getOut();
        try {
            Map<String, String> given = PropertySources.read(properties);
            BactrianSettings settings = BactrianSettings.read(given, System.getenv());
            if (settings.pools().isEmpty() && !settings.isSidecar()) {
                throw new ConfigurationException(
                        "bactrian.pools.<name>.models: no pool is set (expected: at least one)");
            }
            Router.check(settings, given);
            out.println(properties + ": runs");
            return RUNS;
        } catch (ConfigurationException e) {
            out.println(properties + ": " + e.getMessage());
            return String.valueOf(e.getMessage()).contains("needs capability") ? LACKS : WRONG;
        }
    }

    private int checkFile(Path file) {
        PrintWriter out = spec.commandLine().getOut();
        EndpointPool pool = new EndpointPool("validate", Set.of("any"), Duration.ofSeconds(1));
        PluginServices services =
                new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, InstantSource.system());
        try {
            SchedulingFile read = SchedulingFileReader.read(Files.readAllBytes(file), allowExperimental, services);
            read.warnings().forEach(warning -> out.println(file + ": warning: " + warning));
            read.waiting().forEach(line -> out.println(file + ": " + line));
            if (!read.waiting().isEmpty()) {
                return LACKS;
            }
            out.println(file + ": runs");
            return RUNS;
        } catch (IllegalArgumentException e) {
            out.println(file + ": " + e.getMessage());
            return WRONG;
        } catch (IOException e) {
            out.println(file + ": " + e + " (expected: a readable file)");
            return WRONG;
        }
    }
}
