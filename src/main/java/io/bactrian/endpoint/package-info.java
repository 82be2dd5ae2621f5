/**
 * The model servers that can be chosen: pools, their snapshots, and what is known and promised of each endpoint.
 *
 * <p>May use {@code request} and resilience4j's circuit breaker.
 */
@NullMarked
package io.bactrian.endpoint;

import org.jspecify.annotations.NullMarked;
