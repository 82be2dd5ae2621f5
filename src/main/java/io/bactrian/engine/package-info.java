/**
 * Model servers' dialects: how their metric pages read.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code kvcache}, {@code disaggregation} and {@code api}.
 */
@NullMarked
package io.bactrian.engine;

import org.jspecify.annotations.NullMarked;
