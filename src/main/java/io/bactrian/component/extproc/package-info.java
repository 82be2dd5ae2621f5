/**
 * The {@code ext-proc:} component: answers Envoy's external processing calls with the endpoints a request should go to.
 *
 * <p>May use Camel, gRPC, Envoy's messages, Netty, the domain, {@code api}, {@code relay}, {@code exchange} and what the HTTP
 * door counts.
 */
@NullMarked
package io.bactrian.component.extproc;

import org.jspecify.annotations.NullMarked;
