@NullMarked
package io.bactrian.simulator;

import org.jspecify.annotations.NullMarked;
