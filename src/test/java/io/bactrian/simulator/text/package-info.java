@NullMarked
package io.bactrian.simulator.text;

import org.jspecify.annotations.NullMarked;
