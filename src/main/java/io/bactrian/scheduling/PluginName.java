package io.bactrian.scheduling;

/**
 * What an instance of a plug-in is called.
 *
 * @param name its own in the configuration
 * @param type its key in a catalogue
 */
public record PluginName(String name, String type) {}
