/**
 * Who goes next, who waits, who is refused; the room stands empty until requests queue here.
 *
 * <p>May use {@code request} and {@code endpoint}.
 */
@NullMarked
package io.bactrian.flowcontrol;

import org.jspecify.annotations.NullMarked;
