package io.bactrian.simulator;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.AdapterOptions;
import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.LatencyModel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a simulated model server is like.
 *
 * @param models names it answers to; the first is the model's own, the others are aliases
 * @param maxModelTokens longest prompt and answer together (vLLM {@code --max-model-len})
 * @param engine size and speed
 * @param failures random failures
 * @param startupDuration how long it is not ready after its start
 * @param maxRequestBytes longest request body
 * @param headersBeforeFirstToken whether a streamed answer's status and headers are sent on acceptance, as vLLM does,
 *     or together with the first token
 * @param echoRequestId whether {@code X-Request-Id} is sent back
 * @param name sent as {@code x-inference-pod} if not empty
 * @param fixedId id of every answer if not empty, so that two servers answer alike to the byte
 * @param adapters names of LoRA adapters it answers to as well
 * @param fixedCreated creation time of every answer in seconds since 1970
 * @param role what part of a request it computes; without a role it has no connector, and ignores what requests say of
 *     other servers
 * @param transfers how it hands KV entries over
 * @param sharedKv blocks it shares by content with other servers of this process
 */
public record SimulatedModelServerOptions(
        List<String> models,
        int maxModelTokens,
        EngineOptions engine,
        FailureInjection failures,
        Duration startupDuration,
        int maxRequestBytes,
        boolean headersBeforeFirstToken,
        boolean echoRequestId,
        String name,
        String fixedId,
        List<String> adapters,
        OptionalLong fixedCreated,
        EndpointRole role,
        TransferOptions transfers,
        Optional<SharedKvStore> sharedKv) {

    public SimulatedModelServerOptions {
        models = List.copyOf(models);
        adapters = List.copyOf(adapters);
        if (!adapters.isEmpty() && engine.adapters().places() == 0) {
            throw new IllegalArgumentException(
                    "adapters: " + adapters + " (expected: none on an engine without places for them)");
        }
        if (models.isEmpty() || models.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("models: " + models + " (expected: at least one name, none blank)");
        }
        if (maxModelTokens < 2) {
            throw new IllegalArgumentException("maxModelTokens: " + maxModelTokens + " (expected: >= 2)");
        }
        if (role == EndpointRole.OTHER) {
            throw new IllegalArgumentException("role: " + role + " (expected: a role that is known)");
        }
        if (startupDuration.isNegative()) {
            throw new IllegalArgumentException("startupDuration: " + startupDuration + " (expected: >= 0)");
        }
        if (maxRequestBytes < 1) {
            throw new IllegalArgumentException("maxRequestBytes: " + maxRequestBytes + " (expected: >= 1)");
        }
    }

    /** Returns a builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; every one has a default. */
    public static final class Builder {
        private List<String> models = List.of("demo");
        private int maxModelTokens = 131_072;
        private int maxSequences = EngineOptions.DEFAULTS.maxSequences();
        private int maxBatchedTokens = EngineOptions.DEFAULTS.maxBatchedTokens();
        private int maxWaiting = EngineOptions.DEFAULTS.maxWaiting();
        private int kvBlocks = EngineOptions.DEFAULTS.kvBlocks();
        private int blockSizeTokens = EngineOptions.DEFAULTS.blockSizeTokens();
        private boolean prefixCaching = EngineOptions.DEFAULTS.prefixCaching();
        private LatencyModel latency = EngineOptions.DEFAULTS.latency();
        private long seed = EngineOptions.DEFAULTS.seed();
        private FailureInjection failures = FailureInjection.NONE;
        private Duration startupDuration = Duration.ZERO;
        private int maxRequestBytes = 64 << 20;
        private boolean headersBeforeFirstToken;
        private boolean echoRequestId;
        private String name = "";
        private String fixedId = "";
        private List<String> adapters = List.of();
        private AdapterOptions adapterOptions = AdapterOptions.NONE;
        private OptionalLong fixedCreated = OptionalLong.empty();
        private EndpointRole role = EndpointRole.NONE;
        private TransferOptions transfers = TransferOptions.DEFAULTS;
        private Optional<SharedKvStore> sharedKv = Optional.empty();

        private Builder() {}

        /** Names the model and its aliases. */
        public Builder models(String... names) {
            models = List.of(names);
            return this;
        }

        public Builder maxModelTokens(int tokens) {
            maxModelTokens = tokens;
            return this;
        }

        public Builder maxSequences(int sequences) {
            maxSequences = sequences;
            return this;
        }

        public Builder maxBatchedTokens(int tokens) {
            maxBatchedTokens = tokens;
            return this;
        }

        public Builder maxWaiting(int sequences) {
            maxWaiting = sequences;
            return this;
        }

        public Builder kvBlocks(int blocks) {
            kvBlocks = blocks;
            return this;
        }

        public Builder blockSizeTokens(int tokens) {
            blockSizeTokens = tokens;
            return this;
        }

        public Builder prefixCaching(boolean caching) {
            prefixCaching = caching;
            return this;
        }

        public Builder latency(LatencyModel model) {
            latency = model;
            return this;
        }

        public Builder seed(long start) {
            seed = start;
            return this;
        }

        public Builder failures(FailureInjection injection) {
            failures = injection;
            return this;
        }

        public Builder startupDuration(Duration duration) {
            startupDuration = duration;
            return this;
        }

        public Builder maxRequestBytes(int bytes) {
            maxRequestBytes = bytes;
            return this;
        }

        public Builder headersBeforeFirstToken(boolean before) {
            headersBeforeFirstToken = before;
            return this;
        }

        public Builder echoRequestId(boolean echo) {
            echoRequestId = echo;
            return this;
        }

        public Builder name(String inferencePod) {
            name = inferencePod;
            return this;
        }

        /** Gives the engine places for LoRA adapters, and the server the names of some. */
        public Builder adapters(AdapterOptions places, List<String> names) {
            adapterOptions = places;
            adapters = names;
            return this;
        }

        /** Gives every answer the same id and creation time. */
        public Builder fixedIdentity(String id, long createdSeconds) {
            fixedId = id;
            fixedCreated = OptionalLong.of(createdSeconds);
            return this;
        }

        public Builder role(EndpointRole part) {
            role = part;
            return this;
        }

        public Builder transfers(TransferOptions options) {
            transfers = options;
            return this;
        }

        public Builder sharedKv(SharedKvStore store) {
            sharedKv = Optional.of(store);
            return this;
        }

        /** Returns the options, validated. */
        public SimulatedModelServerOptions build() {
            EngineOptions engine = new EngineOptions(
                    maxSequences,
                    maxBatchedTokens,
                    maxWaiting,
                    kvBlocks,
                    blockSizeTokens,
                    prefixCaching,
                    latency,
                    seed,
                    adapterOptions);
            return new SimulatedModelServerOptions(
                    models,
                    maxModelTokens,
                    engine,
                    failures,
                    startupDuration,
                    maxRequestBytes,
                    headersBeforeFirstToken,
                    echoRequestId,
                    name,
                    fixedId,
                    adapters,
                    fixedCreated,
                    role,
                    transfers,
                    sharedKv);
        }
    }
}
