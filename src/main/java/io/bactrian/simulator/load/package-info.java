/**
 * The load generator: workloads, an open-loop sender for any OpenAI server, and what it measured.
 *
 * <p>May use Netty, Jackson and HdrHistogram; knows nothing of the router.
 */
@NullMarked
package io.bactrian.simulator.load;

import org.jspecify.annotations.NullMarked;
