/**
 * What the benchmark commands run beside the gateway: cheap model servers, the raw proxy that is the ceiling, clients with
 * many streams, and the parts of routes that leave stages out. May use everything public of the gateway.
 */
@NullMarked
package io.bactrian.benchmarks;

import org.jspecify.annotations.NullMarked;
