package io.bactrian.scheduling.producer;

import com.dynatrace.hash4j.hashing.Hashing;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.kvcache.EncoderCacheIndex;
import io.bactrian.kvcache.EncoderCacheMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Set;

/**
 * Tells how many of a request's pictures, videos and sounds each candidate has encoded before, and remembers where they go: to the endpoints
 * of the encode stage, else to the one that computes the prompt. llm-d remembers the one that answers, which encodes nothing when another
 * stage does.
 */
final class EncoderCacheProducer implements DataProducer, AutoCloseable {
    static final String TYPE = "mm-embeddings-cache-producer";

    /** What llm-d takes an item for, in a cache whose size is given in MB. */
    private static final int MEGABYTES_PER_ITEM = 2;

    private static final int DEFAULT_MEGABYTES = 4096;
    private static final int MAX_MEGABYTES = 1 << 20;

    private final DataKey<EncoderCacheMatch> key;
    private final EncoderCacheIndex index;
    private Runnable leave = () -> {};

    private EncoderCacheProducer(DataKey<EncoderCacheMatch> key, int capacity) {
        this.key = key;
        this.index = new EncoderCacheIndex(capacity);
    }

    static EncoderCacheProducer create(PluginParameters parameters, PluginServices services) {
        int megabytes =
                parameters.integer("cacheSizeInMBPerServer", DEFAULT_MEGABYTES, MEGABYTES_PER_ITEM, MAX_MEGABYTES);
        EncoderCacheProducer producer = new EncoderCacheProducer(
                EncoderCacheMatch.key(parameters.pluginName()), megabytes / MEGABYTES_PER_ITEM);
        EndpointPool pool = services.pool();
        producer.leave = pool.onMembersChanged(() -> producer.index.retainOnly(pool.snapshot().members().stream()
                .map(EndpointPool.Member::endpoint)
                .toList()));
        return producer;
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        long[] items = request.prompt().media().stream()
                .mapToLong(item -> Hashing.xxh64().hashCharsToLong(item.hash()))
                .distinct()
                .toArray();
        if (items.length == 0) {
            return RequestListener.NONE;
        }
        for (EndpointState candidate : candidates) {
            candidate.put(key, new EncoderCacheMatch(index.match(candidate.endpoint(), items), items.length));
        }
        return decision -> encoders(decision).forEach(endpoint -> index.add(endpoint.endpoint(), items));
    }

    private static List<EndpointState> encoders(Decision.Picked decision) {
        ProfileResult.Picked encode = decision.profiles().get(Decision.ENCODE_PROFILE);
        ProfileResult.Picked prefill = decision.profiles().get(Decision.PREFILL_PROFILE);
        if (encode != null) {
            return encode.endpoints();
        }
        return prefill == null ? decision.endpoints() : prefill.endpoints();
    }

    /** Leaves the pool, which would keep the index alive. */
    @Override
    public void close() {
        leave.run();
    }
}
