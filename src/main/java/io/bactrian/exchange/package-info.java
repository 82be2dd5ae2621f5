/**
 * The one typed view of a Camel exchange: what the steps of a route know about the request they carry.
 *
 * <p>May use Camel, the domain and {@code api}.
 */
@NullMarked
package io.bactrian.exchange;

import org.jspecify.annotations.NullMarked;
