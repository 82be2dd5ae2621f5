/**
 * Who asks: plug-ins that read it from a request's headers.
 *
 * <p>May use {@code request} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.identity;

import org.jspecify.annotations.NullMarked;
