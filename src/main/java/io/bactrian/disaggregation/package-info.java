/**
 * Prefill here, decode there: by which settings a pool splits its requests, and who is told what becomes of them.
 *
 * <p>May use {@code request} and {@code endpoint}.
 */
@NullMarked
package io.bactrian.disaggregation;

import org.jspecify.annotations.NullMarked;
