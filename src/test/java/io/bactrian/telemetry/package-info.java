@NullMarked
package io.bactrian.telemetry;

import org.jspecify.annotations.NullMarked;
