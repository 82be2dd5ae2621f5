/**
 * Why an endpoint was chosen: compact records of the latest decisions, and what they tell.
 *
 * <p>May use {@code request}, {@code endpoint} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.explain;

import org.jspecify.annotations.NullMarked;
