/**
 * Scheduling where headers have decided already: who computes the prompt and who encodes, for the one engine beside us.
 *
 * <p>May use what {@code scheduling} may.
 */
@NullMarked
package io.bactrian.scheduling.sidecar;

import org.jspecify.annotations.NullMarked;
