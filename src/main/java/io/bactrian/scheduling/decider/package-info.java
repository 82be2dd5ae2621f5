/**
 * Deciders a profile handler may name: when prefill or encoding runs apart from decode.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code kvcache} and {@code scheduling}.
 */
@NullMarked
package io.bactrian.scheduling.decider;

import org.jspecify.annotations.NullMarked;
