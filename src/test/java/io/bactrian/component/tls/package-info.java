@NullMarked
package io.bactrian.component.tls;

import org.jspecify.annotations.NullMarked;
