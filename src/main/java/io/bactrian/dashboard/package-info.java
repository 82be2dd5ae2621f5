/**
 * Turns what observers are told into one live view; the room stands empty until there is one.
 *
 * <p>May use the domain and {@code relay}.
 */
@NullMarked
package io.bactrian.dashboard;

import org.jspecify.annotations.NullMarked;
