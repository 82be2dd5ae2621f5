/**
 * Replays a workload over a pool of simulated engines in virtual time, with the router's own scheduler deciding.
 *
 * <p>May use the domain, {@code simulator.engine} and {@code simulator.load}; knows no HTTP.
 */
@NullMarked
package io.bactrian.simulator.replay;

import org.jspecify.annotations.NullMarked;
