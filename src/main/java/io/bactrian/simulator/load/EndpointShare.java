package io.bactrian.simulator.load;

/**
 * What one endpoint answered in full.
 *
 * @param requests completed requests
 * @param promptTokens prompt tokens, by the server's count
 * @param cachedTokens those of them found in the prefix cache
 * @param outputTokens tokens generated
 */
public record EndpointShare(long requests, long promptTokens, long cachedTokens, long outputTokens) {
    static final EndpointShare NONE = new EndpointShare(0, 0, 0, 0);

    EndpointShare plus(RequestResult result) {
        TokenUsage usage = result.usage();
        Integer cached = usage == null ? null : usage.cachedTokens();
        return new EndpointShare(
                requests + 1,
                promptTokens + (usage == null ? 0 : usage.promptTokens()),
                cachedTokens + (cached == null ? 0 : cached),
                outputTokens + result.outputTokens());
    }
}
