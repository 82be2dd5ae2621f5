package io.bactrian.tokenizer;

import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginProvider;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The producers of token counts a policy may name, by their {@code type}. */
public final class TokenPlugins implements PluginProvider {
    private static final List<String> BACKENDS = List.of("estimate", "local", "tokenize", "vllm");

    @Override
    public Map<String, PluginFactory<?>> plugins() {
        PluginFactory<DataProducer> factory = TokenPlugins::create;
        return Map.of("token-producer", factory, "tokenizer", factory);
    }

    private static DataProducer create(PluginParameters parameters, PluginServices services) {
        if (parameters.has("udsTokenizerConfig")) {
            throw parameters.wrong(
                    "udsTokenizerConfig",
                    "given",
                    "vllm, tokenize or local; llm-d's sidecar over a Unix socket is not supported");
        }
        List<String> given = BACKENDS.stream().filter(parameters::has).toList();
        if (given.size() > 1) {
            throw parameters.wrong(given.get(1), "beside " + given.get(0), "only one of " + BACKENDS);
        }
        String model = parameters.text("modelName", "");
        return switch (given.isEmpty() ? (model.isEmpty() ? "estimate" : "vllm") : given.get(0)) {
            case "local" ->
                counting(
                        parameters,
                        "local",
                        services,
                        local -> LocalTokenizer.create(local, services.clock(), services.workers()));
            case "tokenize" ->
                counting(
                        parameters,
                        "tokenize",
                        services,
                        tokenize -> ServerTokenizer.tokenizing(model, tokenize, services.workers()));
            case "vllm" -> {
                if (model.isEmpty()) {
                    throw parameters.wrong("modelName", "missing", "the model that renders");
                }
                yield counting(
                        parameters,
                        "vllm",
                        services,
                        vllm -> ServerTokenizer.rendering(model, vllm, services.workers()));
            }
            default ->
                new EstimatingTokenProducer(parameters.pluginName(), MediaSettings.read(parameters.object("estimate")));
        };
    }

    private static DataProducer counting(
            PluginParameters parameters,
            String key,
            PluginServices services,
            Function<PluginParameters, TokenBackend> backend) {
        PluginParameters given = parameters.object(key);
        int maxInFlight = given.integer("maxInFlight", 64, 1, 100_000);
        return new CountingTokenProducer(parameters.pluginName(), backend.apply(given), maxInFlight, services.clock());
    }
}
