/**
 * The commands of the {@code bactrian} program.
 *
 * <p>May use everything.
 */
@NullMarked
package io.bactrian.cli;

import org.jspecify.annotations.NullMarked;
