package io.bactrian.cli;

import io.bactrian.Router;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.config.PropertySources;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the router over the pools that are configured. */
@Command(
        name = "serve",
        description = "Runs the router over the pools that are configured.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped after a SIGTERM", "1:the start failed", "2:the configuration is wrong"})
public final class Serve implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            defaultValue = "${env:BACTRIAN_CONFIG}",
            description =
                    "A properties file with bactrian.* and camel.* keys; the variable BACTRIAN_CONFIG names it, too."
                            + " application.properties in the working folder if it is there and none is named. -D and"
                            + " environment variables win over it.")
    private @Nullable Path config;

    @Override
    public Integer call() throws Exception {
        PrintWriter err = spec.commandLine().getErr();
        try {
            Map<String, String> properties = PropertySources.read(config);
            BactrianSettings settings = BactrianSettings.read(properties, System.getenv());
            if (settings.pools().isEmpty() && !settings.isSidecar()) {
                throw new ConfigurationException("bactrian.pools.<name>.models and bactrian.pools.<name>.endpoints: no"
                        + " pool is set (expected: at least one; to look around without model servers run: demo)");
            }
            Router router = new Router(settings, properties);
            PrintWriter out = spec.commandLine().getOut();
            router.run(() -> out.println("serving " + router.url()));
            return CommandLine.ExitCode.OK;
        } catch (ConfigurationException e) {
            err.println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
    }
}
