package io.bactrian.scheduling;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** What the plug-ins of a scheduler are called; each is known by its identity. Never changes. */
public final class PluginNames {
    /** No plug-in has a name. */
    public static final PluginNames NONE = new PluginNames(new IdentityHashMap<>());

    private final IdentityHashMap<Object, PluginName> names;

    public PluginNames(IdentityHashMap<Object, PluginName> names) {
        this.names = new IdentityHashMap<>(names);
    }

    /** Returns what {@code plugin} is called; null if it has no name. */
    public @Nullable PluginName of(Object plugin) {
        return names.get(plugin);
    }
}
