/**
 * Turns what observers are told into meters.
 *
 * <p>May use Micrometer, the domain, {@code api} and {@code relay}.
 */
@NullMarked
package io.bactrian.telemetry;

import org.jspecify.annotations.NullMarked;
