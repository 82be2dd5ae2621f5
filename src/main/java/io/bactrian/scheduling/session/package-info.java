/**
 * Session affinity: requests of one session go to one endpoint.
 *
 * <p>May use {@code request}, {@code endpoint} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.session;

import org.jspecify.annotations.NullMarked;
