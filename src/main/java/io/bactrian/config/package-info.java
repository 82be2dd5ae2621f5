/**
 * Reads {@code bactrian.*} properties into the records of the packages they configure, and wires the objects.
 *
 * <p>May use the domain, {@code api}, {@code relay}, the components' settings and {@code discovery}.
 */
@NullMarked
package io.bactrian.config;

import org.jspecify.annotations.NullMarked;
