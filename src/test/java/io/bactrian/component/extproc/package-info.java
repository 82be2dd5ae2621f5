@NullMarked
package io.bactrian.component.extproc;

import org.jspecify.annotations.NullMarked;
