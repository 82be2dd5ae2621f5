package io.bactrian.kvcache;

import io.bactrian.endpoint.Endpoint;
import it.unimi.dsi.fastutil.longs.LongLinkedOpenHashSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers which pictures, videos and sounds each endpoint was given to encode, by their hashes: the latest, up to a capacity that all
 * have. Safe between threads.
 */
public final class EncoderCacheIndex {
    private final int capacity;
    private final Map<Endpoint, Encoded> endpoints = new ConcurrentHashMap<>();

    /** @param capacity items remembered for each endpoint */
    public EncoderCacheIndex(int capacity) {
        this.capacity = capacity;
    }

    /** Returns how many of {@code items}, all different, {@code endpoint} has encoded. */
    public int match(Endpoint endpoint, long[] items) {
        Encoded encoded = endpoints.get(endpoint);
        return encoded == null ? 0 : encoded.count(items);
    }

    /** Notes that {@code endpoint} is given {@code items}. */
    public void add(Endpoint endpoint, long[] items) {
        endpoints.computeIfAbsent(endpoint, unread -> new Encoded()).add(items, capacity);
    }

    /** Forgets all but {@code members}. */
    public void retainOnly(Collection<Endpoint> members) {
        endpoints.keySet().retainAll(new HashSet<>(members));
    }

    /** One endpoint's items, the longest unused first. */
    private static final class Encoded {
        private final LongLinkedOpenHashSet items = new LongLinkedOpenHashSet();

        synchronized int count(long[] wanted) {
            int found = 0;
            for (long item : wanted) {
                found += items.contains(item) ? 1 : 0;
            }
            return found;
        }

        synchronized void add(long[] added, int capacity) {
            for (long item : added) {
                items.addAndMoveToLast(item);
                if (items.size() > capacity) {
                    items.removeFirstLong();
                }
            }
        }
    }
}
