package io.bactrian.kvcache;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.dynatrace.hash4j.hashing.Hashing;
import io.bactrian.request.InferenceRequest;

/**
 * Where a prefix may be shared: equal text under two scopes never has equal block hashes.
 *
 * <p>The pool is not part of it, because every pool has an index of its own.
 *
 * @param model the model that computes the KV blocks
 * @param adapter the adapter named beside the model; empty if none
 * @param cacheSalt the client's own separation; empty if none
 */
public record PrefixScope(String model, String adapter, String cacheSalt) {

    /** Never occurs in UTF-8, so that no two scopes have equal bytes ("a" + "bc", "ab" + "c"). */
    private static final byte SEPARATOR = (byte) 0xFF;

    /** Returns the scope of {@code request}'s prompts. */
    public static PrefixScope of(InferenceRequest request) {
        return new PrefixScope(request.model(), request.adapter(), request.cacheSalt());
    }

    /** Returns what every chain of block hashes in this scope starts from: XXH64 of the model alone when that is all. */
    public long seed() {
        byte[] modelBytes = model.getBytes(UTF_8);
        if (adapter.isEmpty() && cacheSalt.isEmpty()) {
            return Hashing.xxh64().hashBytesToLong(modelBytes);
        }
        return Hashing.xxh64()
                .hashStream()
                .putBytes(modelBytes)
                .putByte(SEPARATOR)
                .putBytes(adapter.getBytes(UTF_8))
                .putByte(SEPARATOR)
                .putBytes(cacheSalt.getBytes(UTF_8))
                .getAsLong();
    }
}
