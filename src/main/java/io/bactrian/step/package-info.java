/**
 * The steps of our routes: one Camel processor for each {@code process} line.
 *
 * <p>May use Camel, the domain, {@code api}, {@code engine}, {@code relay} and {@code exchange}.
 */
@NullMarked
package io.bactrian.step;

import org.jspecify.annotations.NullMarked;
