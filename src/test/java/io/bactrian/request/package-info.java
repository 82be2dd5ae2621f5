@NullMarked
package io.bactrian.request;

import org.jspecify.annotations.NullMarked;
