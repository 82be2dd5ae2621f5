/**
 * Scorers a scheduling profile may name.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code kvcache} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.scorer;

import org.jspecify.annotations.NullMarked;
