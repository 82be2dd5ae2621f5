@NullMarked
package io.bactrian.discovery;

import org.jspecify.annotations.NullMarked;
