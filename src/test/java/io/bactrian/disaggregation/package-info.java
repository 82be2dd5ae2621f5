@NullMarked
package io.bactrian.disaggregation;

import org.jspecify.annotations.NullMarked;
