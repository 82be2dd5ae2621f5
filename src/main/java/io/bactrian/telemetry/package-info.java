/**
 * Turns what observers are told into meters, spans and lines of the access log.
 *
 * <p>May use Micrometer, the Prometheus client, OpenTelemetry, Logback, the domain, {@code api} and {@code relay}.
 */
@NullMarked
package io.bactrian.telemetry;

import org.jspecify.annotations.NullMarked;
