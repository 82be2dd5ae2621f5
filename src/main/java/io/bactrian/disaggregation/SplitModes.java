package io.bactrian.disaggregation;

/** How pools split prefill and decode, as far as the choice of endpoints has to know. Safe between threads. */
public interface SplitModes {

    /** Tells whether it is the router that splits the requests of {@code pool}, and no sidecar. */
    boolean isRouters(String pool);

    /** Tells whether the router has images, video and sound in requests of {@code pool} encoded apart. */
    boolean encodes(String pool);

    /** Tells whether requests of {@code pool} fail when no prefill endpoint is ready for them. */
    boolean failsWithoutPrefill(String pool);
}
