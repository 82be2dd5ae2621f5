/**
 * Pickers a scheduling profile may name.
 *
 * <p>May use {@code request}, {@code endpoint} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.picker;

import org.jspecify.annotations.NullMarked;
