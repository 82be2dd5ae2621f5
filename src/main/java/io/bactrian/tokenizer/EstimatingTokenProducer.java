package io.bactrian.tokenizer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.PromptTokens;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Set;

/** Takes four bytes of text for a token, and gives pictures and videos the weight that is configured. */
final class EstimatingTokenProducer implements DataProducer {
    private final DataKey<PromptTokens> key;
    private final MediaSettings media;

    EstimatingTokenProducer(String name, MediaSettings media) {
        this.key = new DataKey<>(PromptTokens.KEY.type(), name);
        this.media = media;
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        int tokens = request.prompt().estimatedTokens(media.costOf(request));
        request.context().setPromptTokens(new PromptTokens(tokens, PromptTokens.ESTIMATE));
        return RequestListener.NONE;
    }
}
