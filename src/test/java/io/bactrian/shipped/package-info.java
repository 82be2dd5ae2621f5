/**
 * Checks of the files we ship beside classes: routes, kamelets, manifests and documents about them.
 *
 * <p>Uses the application, and schemas of Camel and of Kubernetes.
 */
@NullMarked
package io.bactrian.shipped;

import org.jspecify.annotations.NullMarked;
