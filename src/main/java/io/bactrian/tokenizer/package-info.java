/**
 * Counts the tokens of prompts: by estimate, or by a model server that renders them.
 *
 * <p>May use the domain.
 */
@NullMarked
package io.bactrian.tokenizer;

import org.jspecify.annotations.NullMarked;
