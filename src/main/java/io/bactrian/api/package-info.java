/**
 * Clients' wire formats: reads what a body asks without copying it, patches it by splicing, and writes the answers that
 * are the router's own.
 *
 * <p>Uses {@code request} and Jackson's streaming parser; knows no HTTP library.
 */
@NullMarked
package io.bactrian.api;

import org.jspecify.annotations.NullMarked;
