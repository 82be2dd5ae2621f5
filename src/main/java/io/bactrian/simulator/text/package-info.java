/**
 * What pretend models read and write: a tokenizer without a model, and answers made of a fixed vocabulary.
 *
 * <p>May use the JDK and {@code simulator.engine}; knows no HTTP and no clock.
 */
@NullMarked
package io.bactrian.simulator.text;

import org.jspecify.annotations.NullMarked;
