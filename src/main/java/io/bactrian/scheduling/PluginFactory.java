package io.bactrian.scheduling;

/** Makes plug-ins of one type. */
@FunctionalInterface
public interface PluginFactory<T> {

    /** Makes an instance; throws {@link IllegalArgumentException} naming the path of a parameter that is wrong. */
    T create(PluginParameters parameters, PluginServices services);
}
