/**
 * Pages of the operations port beside Camel's own.
 *
 * <p>May use Camel, Vert.x and the domain.
 */
@NullMarked
package io.bactrian.component.operations;

import org.jspecify.annotations.NullMarked;
