package io.bactrian.tokenizer;

import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginProvider;
import io.bactrian.scheduling.PluginServices;
import java.util.Map;

/** The producers of token counts a policy may name, by their {@code type}. */
public final class TokenPlugins implements PluginProvider {

    @Override
    public Map<String, PluginFactory<?>> plugins() {
        PluginFactory<DataProducer> factory = TokenPlugins::create;
        return Map.of("token-producer", factory, "tokenizer", factory);
    }

    private static DataProducer create(PluginParameters parameters, PluginServices services) {
        boolean estimates = parameters.has("estimate");
        boolean asks = parameters.has("vllm");
        if (parameters.has("udsTokenizerConfig")) {
            throw parameters.wrong(
                    "udsTokenizerConfig", "given", "vllm; llm-d's sidecar over a Unix socket is not supported");
        }
        if (estimates && asks) {
            throw parameters.wrong("vllm", "beside estimate", "only one of estimate and vllm");
        }
        String model = parameters.text("modelName", "");
        if (asks && model.isEmpty()) {
            throw parameters.wrong("modelName", "missing", "the model that renders");
        }
        if (asks || !model.isEmpty()) {
            return RenderingTokenProducer.create(
                    parameters.pluginName(), model, parameters.object("vllm"), services.workers());
        }
        return new EstimatingTokenProducer(parameters.pluginName(), MediaSettings.read(parameters.object("estimate")));
    }
}
