/**
 * A model server's engine as a discrete-event model: batching, KV blocks, prefix cache and step times, in real or
 * virtual time.
 *
 * <p>May use the JDK, SLF4J and Netty's primitive collections; knows no HTTP and no text.
 */
@NullMarked
package io.bactrian.simulator.engine;

import org.jspecify.annotations.NullMarked;
