/**
 * Profile handlers, and the assembly of a scheduler from a policy.
 *
 * <p>May use {@code request}, {@code endpoint}, {@code scheduling} and its other sub-packages.
 */
@NullMarked
package io.bactrian.scheduling.profile;

import org.jspecify.annotations.NullMarked;
