/**
 * What a client asks of a model, and what can go wrong with it.
 *
 * <p>Uses the JDK alone.
 */
@NullMarked
package io.bactrian.request;

import org.jspecify.annotations.NullMarked;
