@NullMarked
package io.bactrian.relay;

import org.jspecify.annotations.NullMarked;
