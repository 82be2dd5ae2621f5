package io.bactrian.tokenizer.jinja;

import java.util.function.BooleanSupplier;

/**
 * How much one rendering may take.
 *
 * @param maxChars of the text
 * @param maxSteps expressions and statements, so that a loop without an end has one
 * @param isLate asked now and then; true ends the rendering
 */
public record Limits(int maxChars, long maxSteps, BooleanSupplier isLate) {}
