/**
 * Fits the step times of the simulated engine to measurements of real servers, and says how far off it is.
 *
 * <p>May use the JDK and {@code simulator.engine}.
 */
@NullMarked
package io.bactrian.simulator.fit;

import org.jspecify.annotations.NullMarked;
