package io.bactrian.scheduling;

import io.bactrian.request.InferenceRequest;

/**
 * Finds out from a request's headers who asks, before it is known whom the request is counted to: llm-d's request header
 * processor. Called by many threads at once.
 */
public interface HeaderProcessor {

    /** Attaches what it finds to {@code request}; throws {@code InferenceException} to turn it away. */
    void process(InferenceRequest request);
}
