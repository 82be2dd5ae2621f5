@NullMarked
package io.bactrian.simulator.fit;

import org.jspecify.annotations.NullMarked;
