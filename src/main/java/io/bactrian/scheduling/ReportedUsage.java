package io.bactrian.scheduling;

import java.util.OptionalInt;

/**
 * The tokens that a model server reported for an answer.
 *
 * @param promptTokens those of the prompt
 * @param cachedTokens how many of them it had in its cache; empty if it does not say, which is not 0
 */
public record ReportedUsage(int promptTokens, OptionalInt cachedTokens) {}
