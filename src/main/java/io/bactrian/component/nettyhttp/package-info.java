/**
 * The HTTP door: netty-http's own consumer behind a pipeline of ours, with limits, timeouts, order and drain.
 *
 * <p>May use Camel, Netty, the domain, {@code api}, {@code relay} and {@code exchange}.
 */
@NullMarked
package io.bactrian.component.nettyhttp;

import org.jspecify.annotations.NullMarked;
