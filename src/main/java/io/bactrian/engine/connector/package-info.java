/**
 * How KV blocks get from a prefill to a decode endpoint: what each connector puts into the bodies and headers of both legs.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code disaggregation}, {@code api} and Jackson.
 */
@NullMarked
package io.bactrian.engine.connector;

import org.jspecify.annotations.NullMarked;
