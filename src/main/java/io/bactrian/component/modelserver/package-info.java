/**
 * The {@code model-server:} component: sends a request to the endpoint that was picked and streams the answer back.
 *
 * <p>May use Camel, Netty, the domain, {@code api}, {@code relay}, {@code exchange} and the door.
 */
@NullMarked
package io.bactrian.component.modelserver;

import org.jspecify.annotations.NullMarked;
