/**
 * What model servers hold in their KV caches, as far as the router can tell: block hashing and prefix indexes.
 *
 * <p>May use {@code request}, {@code endpoint}, hash4j and fastutil.
 */
@NullMarked
package io.bactrian.kvcache;

import org.jspecify.annotations.NullMarked;
