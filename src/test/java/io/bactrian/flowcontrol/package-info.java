@NullMarked
package io.bactrian.flowcontrol;

import org.jspecify.annotations.NullMarked;
