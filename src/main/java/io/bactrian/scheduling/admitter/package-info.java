/**
 * Admitters a policy may name.
 *
 * <p>May use {@code request}, {@code endpoint} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.admitter;

import org.jspecify.annotations.NullMarked;
