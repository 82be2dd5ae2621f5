@NullMarked
package io.bactrian.simulator.replay;

import org.jspecify.annotations.NullMarked;
