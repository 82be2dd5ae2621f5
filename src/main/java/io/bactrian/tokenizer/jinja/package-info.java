/**
 * Renders chat templates: the part of Jinja that HuggingFace's templates are written in, with Python's values.
 *
 * <p>May use nothing of ours. A template sees only what it is given: no class, no file, no clock but {@code strftime_now}.
 */
@NullMarked
package io.bactrian.tokenizer.jinja;

import org.jspecify.annotations.NullMarked;
