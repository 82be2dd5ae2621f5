/**
 * Plug-ins that follow requests to their answers and change nothing of where they go.
 *
 * <p>May use {@code request}, {@code endpoint} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.hook;

import org.jspecify.annotations.NullMarked;
