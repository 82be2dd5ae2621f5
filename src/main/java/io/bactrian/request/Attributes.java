package io.bactrian.request;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values attached under typed keys. Used by one thread at a time; meant for a handful of keys. */
public final class Attributes {
    private final List<Object> entries = new ArrayList<>(2); // key, value, key, value, ...

    /** Attaches {@code value}, replacing an earlier one. */
    public <T> void put(DataKey<T> key, T value) {
        for (int i = 0; i < entries.size(); i += 2) {
            if (entries.get(i).equals(key)) {
                entries.set(i + 1, value);
                return;
            }
        }
        entries.add(key);
        entries.add(value);
    }

    /** Takes away what was attached under {@code key}, if anything was. */
    public void remove(DataKey<?> key) {
        for (int i = 0; i < entries.size(); i += 2) {
            if (entries.get(i).equals(key)) {
                entries.remove(i + 1);
                entries.remove(i);
                return;
            }
        }
    }

    /** Returns what was attached under {@code key}, or null. */
    @SuppressWarnings("unchecked") // put() stores a T under a DataKey<T>
    public <T> @Nullable T get(DataKey<T> key) {
        for (int i = 0; i < entries.size(); i += 2) {
            if (entries.get(i).equals(key)) {
                return (T) entries.get(i + 1);
            }
        }
        return null;
    }
}
