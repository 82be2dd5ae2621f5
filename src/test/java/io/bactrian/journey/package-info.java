/**
 * The whole router at work between real sockets: clients that may misbehave on one side, model servers that may on the other.
 *
 * <p>May use everything.
 */
@NullMarked
package io.bactrian.journey;

import org.jspecify.annotations.NullMarked;
