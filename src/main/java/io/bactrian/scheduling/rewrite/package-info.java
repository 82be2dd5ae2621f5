/**
 * Model rewrites: which model serves a request that names another.
 *
 * <p>May use nothing but the JDK.
 */
@NullMarked
package io.bactrian.scheduling.rewrite;

import org.jspecify.annotations.NullMarked;
