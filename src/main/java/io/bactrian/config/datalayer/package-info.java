/**
 * Where what is known of endpoints comes from: the sources that a scheduling file names, and the reading of them.
 *
 * <p>May use what {@code config} may use.
 */
@NullMarked
package io.bactrian.config.datalayer;

import org.jspecify.annotations.NullMarked;
