/**
 * Counts the tokens of prompts: by estimate, by a model server, or by the tokenizer and chat template of a model's folder in this process.
 *
 * <p>May use the domain.
 */
@NullMarked
package io.bactrian.tokenizer;

import org.jspecify.annotations.NullMarked;
