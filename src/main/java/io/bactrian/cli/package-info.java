/**
 * The commands, one class each.
 *
 * <p>May use every other package and picocli.
 */
@NullMarked
package io.bactrian.cli;

import org.jspecify.annotations.NullMarked;
