@NullMarked
package io.bactrian.cli;

import org.jspecify.annotations.NullMarked;
