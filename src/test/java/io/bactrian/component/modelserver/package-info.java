/** Tests of what happens to requests and answers on their way to and from model servers. */
@NullMarked
package io.bactrian.component.modelserver;

import org.jspecify.annotations.NullMarked;
