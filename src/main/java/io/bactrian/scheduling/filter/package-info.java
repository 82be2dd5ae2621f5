/**
 * Filters a scheduling profile may name.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code kvcache} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.filter;

import org.jspecify.annotations.NullMarked;
