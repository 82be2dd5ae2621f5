@NullMarked
package io.bactrian.api;

import org.jspecify.annotations.NullMarked;
