@NullMarked
package io.bactrian.config.datalayer;

import org.jspecify.annotations.NullMarked;
