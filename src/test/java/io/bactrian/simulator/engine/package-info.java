@NullMarked
package io.bactrian.simulator.engine;

import org.jspecify.annotations.NullMarked;
