/**
 * Which endpoint is best for a request: the scheduler, and the kinds of plug-ins it runs.
 *
 * <p>May use {@code request}, {@code endpoint} and {@code kvcache}; its sub-packages use it, it uses none of them.
 */
@NullMarked
package io.bactrian.scheduling;

import org.jspecify.annotations.NullMarked;
