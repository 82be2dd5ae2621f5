package io.bactrian.relay;

/** Is told which pages of model servers are read, and which did not bring what they should. Called by many threads at once. */
public interface PageObserver {

    /** From now on, extractors of {@code extractorType} read the pages of sources of {@code sourceType}. */
    void reads(String sourceType, String extractorType);

    /** A page of a source of this type could not be read. */
    void pollFailed(String sourceType);

    /** A page of a source of this type lacked something that an extractor of this type looks for. */
    void extractFailed(String sourceType, String extractorType);
}
