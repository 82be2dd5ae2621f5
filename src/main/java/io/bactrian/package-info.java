/**
 * The application: where the parts are made and put together.
 *
 * <p>May use everything.
 */
@NullMarked
package io.bactrian;

import org.jspecify.annotations.NullMarked;
