/**
 * Pretend model servers: real HTTP, metric pages and timing, without a model or a GPU.
 *
 * <p>May use the domain, {@code api}, {@code engine}, Netty, Jackson and hash4j.
 */
@NullMarked
package io.bactrian.simulator;

import org.jspecify.annotations.NullMarked;
