package io.bactrian.tokenizer;

import io.bactrian.request.Api;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.OptionalInt;

/** Remembers the counts of the latest bodies, by their digest: clients try again, and agents ask the same. Safe between threads. */
final class KnownCounts {
    private static final int CAPACITY = 4096;

    private final LinkedHashMap<Name, Integer> counts = new LinkedHashMap<>(16, 0.75f, true); // least used first

    /** Half of a SHA-256: what is counted must not be another client's by design. */
    record Name(long high, long low) {}

    static Name nameOf(Api api, byte[] body) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(api.name().getBytes(StandardCharsets.US_ASCII));
            ByteBuffer digest = ByteBuffer.wrap(sha256.digest(body));
            return new Name(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    synchronized OptionalInt get(Name name) {
        Integer count = counts.get(name);
        return count == null ? OptionalInt.empty() : OptionalInt.of(count);
    }

    synchronized void put(Name name, int count) {
        counts.put(name, count);
        if (counts.size() > CAPACITY) {
            counts.remove(counts.keySet().iterator().next());
        }
    }
}
