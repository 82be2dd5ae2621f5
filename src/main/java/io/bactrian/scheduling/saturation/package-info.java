/**
 * Detectors of saturation a policy may name.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code flowcontrol} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.saturation;

import org.jspecify.annotations.NullMarked;
