package io.bactrian.scheduling;

/** A value that llm-d takes, but that needs something this build does not have. */
public final class MissingCapability extends IllegalArgumentException {
    public MissingCapability(String path, Object value, String capability) {
        super(path + ": " + value + " (valid; needs capability " + capability + ", not in this build)");
    }
}
