/**
 * Prefill here, decode there; the room stands empty until a prompt is split.
 *
 * <p>May use {@code request} and {@code endpoint}.
 */
@NullMarked
package io.bactrian.disaggregation;

import org.jspecify.annotations.NullMarked;
