package io.bactrian.tokenizer;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A folder of a model that cannot be used; the message has the file and what is wrong with it. */
final class ModelFolderException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String problem;

    ModelFolderException(Path file, @Nullable String problem) {
        super(file + ": " + problem);
        this.problem = file + ": " + problem;
    }

    String problem() {
        return problem;
    }
}
