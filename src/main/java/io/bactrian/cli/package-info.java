/**
 * The commands.
 *
 * <p>May use everything.
 */
@NullMarked
package io.bactrian.cli;

import org.jspecify.annotations.NullMarked;
