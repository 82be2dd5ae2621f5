@NullMarked
package io.bactrian.config;

import org.jspecify.annotations.NullMarked;
