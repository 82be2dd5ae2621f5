/**
 * Keeps pools true: says which model servers belong to them.
 *
 * <p>May use the domain.
 */
@NullMarked
package io.bactrian.discovery;

import org.jspecify.annotations.NullMarked;
