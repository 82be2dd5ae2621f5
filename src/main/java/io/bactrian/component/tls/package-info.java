/**
 * The certificates that our ports show: made at the start, or read from a folder and read again when they change.
 *
 * <p>May use Netty, Bouncy Castle and gRPC's key manager.
 */
@NullMarked
package io.bactrian.component.tls;

import org.jspecify.annotations.NullMarked;
