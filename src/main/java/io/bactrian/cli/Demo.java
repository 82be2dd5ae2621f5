package io.bactrian.cli;

import io.bactrian.Router;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.config.PropertySources;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.netty.channel.EventLoopGroup;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs the router over two pools of simulated model servers, all in this process and on loopback. */
@Command(
        name = "demo",
        description = "Runs the router over two pools of simulated model servers, in this process and on loopback.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped after a SIGTERM", "1:the start failed", "2:the configuration is wrong"})
public final class Demo implements Callable<Integer> {
    private static final Map<String, Integer> SERVERS_PER_MODEL =
            new TreeMap<>(Map.of("llama-3.1-8b", 3, "qwen3-32b", 2));

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs the demo as a program of its own, as {@code camel:run} does. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        EventLoopGroup loops = SimulatedModelServer.newEventLoops(1);
        List<SimulatedModelServer> servers = new ArrayList<>();
        try {
            Map<String, String> properties = PropertySources.read(null);
            properties.put("bactrian.http.host", "127.0.0.1");
            SERVERS_PER_MODEL.forEach((model, count) -> addPool(model, count, loops, servers, properties));
            Router router = new Router(BactrianSettings.read(properties, Map.of()), properties);
            router.run(() -> announce(router, servers));
            return CommandLine.ExitCode.OK;
        } catch (ConfigurationException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        } finally {
            servers.forEach(SimulatedModelServer::close);
            loops.shutdownGracefully();
        }
    }

    private static void addPool(
            String model,
            int count,
            EventLoopGroup loops,
            List<SimulatedModelServer> servers,
            Map<String, String> properties) {
        List<SimulatedModelServer> pool = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pool.add(SimulatedModelServer.builder()
                    .options(SimulatedModelServerOptions.builder().models(model).build())
                    .eventLoops(loops)
                    .start());
        }
        servers.addAll(pool);
        String name = model.replace('.', '-');
        properties.put("bactrian.pools." + name + ".models", model);
        properties.put(
                "bactrian.pools." + name + ".endpoints",
                pool.stream().map(server -> "127.0.0.1:" + server.port()).collect(Collectors.joining(",")));
    }

    private void announce(Router router, List<SimulatedModelServer> servers) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.println(
                "WARNING: the model servers are simulated; every answer is invented and says x-bactrian-simulated: true");
        out.println("router      " + router.url());
        out.println("operations  http://127.0.0.1:9876/observe/health  http://127.0.0.1:9876/observe/metrics");
        for (SimulatedModelServer server : servers) {
            out.println("endpoint    " + server.uri() + "  "
                    + String.join(",", server.options().models()));
        }
        out.println();
        out.println("curl -N " + router.url() + "/v1/chat/completions -d '{\"model\":\"llama-3.1-8b\",\"stream\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'");
        out.flush();
    }
}
