/**
 * Tests of the kamelets, each in a whole router.
 *
 * <p>Uses the application and the simulated model server.
 */
@NullMarked
package io.bactrian.kamelet;

import org.jspecify.annotations.NullMarked;
