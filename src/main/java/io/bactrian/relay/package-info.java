/**
 * Moves bytes between clients and model servers without leaving the event loop they arrived on, and reads metric pages.
 *
 * <p>May use Netty, {@code request}, {@code endpoint} and {@code api}; knows no Camel.
 */
@NullMarked
package io.bactrian.relay;

import org.jspecify.annotations.NullMarked;
