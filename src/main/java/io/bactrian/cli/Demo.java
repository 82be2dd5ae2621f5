package io.bactrian.cli;

import io.bactrian.Router;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.config.PropertySources;
import io.bactrian.simulator.SimulatedModelServer;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs the router over two pools of simulated model servers, all in this process and on loopback. */
@Command(
        name = "demo",
        description =
                "Runs the router over two pools of simulated model servers, one of them split into prefill and decode, in this process"
                        + " and on loopback.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped after a SIGTERM", "1:the start failed", "2:the configuration is wrong"})
public final class Demo implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs the demo as a program of its own, as {@code camel:run} does. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        try (DemoPools pools = new DemoPools()) {
            Map<String, String> properties = PropertySources.read(null);
            properties.put("bactrian.http.host", "127.0.0.1");
            properties.putAll(pools.properties());
            Router router = new Router(BactrianSettings.read(properties, Map.of()), properties);
            router.run(() -> announce(router, pools.servers()));
            return CommandLine.ExitCode.OK;
        } catch (ConfigurationException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
    }

    private void announce(Router router, List<SimulatedModelServer> servers) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.println(
                "WARNING: the model servers are simulated; every answer is invented and says x-bactrian-simulated: true");
        out.println("router      " + router.url());
        out.println("operations  http://127.0.0.1:9876/observe/health  http://127.0.0.1:9876/observe/metrics");
        for (SimulatedModelServer server : servers) {
            String role = server.options().role().value();
            out.println("endpoint    " + server.uri() + "  "
                    + String.join(",", server.options().models()) + (role.isEmpty() ? "" : "  " + role));
        }
        out.println();
        out.println("curl -N " + router.url() + "/v1/chat/completions -d '{\"model\":\"llama-3.1-8b\",\"stream\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'");
        out.println();
        out.println("Prompts to " + DemoPools.DISAGGREGATED + " from " + DemoPools.TOKENS_COMPUTED_APART
                + " tokens on are computed at one endpoint and answered by another:");
        out.println("curl " + router.url() + "/v1/chat/completions -d '{\"model\":\"" + DemoPools.DISAGGREGATED
                + "\",\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":\"'\"$(seq -s ' ' 200)\"'\"}]}'");
        out.println("curl -s http://127.0.0.1:9876/observe/metrics | grep bactrian_pd_requests");
        out.flush();
    }
}
