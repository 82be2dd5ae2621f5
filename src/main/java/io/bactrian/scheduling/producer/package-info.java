/**
 * Data producers: what is found out about the candidates of a request before one is chosen.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code kvcache} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.producer;

import org.jspecify.annotations.NullMarked;
