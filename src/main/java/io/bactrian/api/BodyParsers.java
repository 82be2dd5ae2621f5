package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.IOContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Opens parsers of bodies that share their limits and a table of names. Takes every body for UTF-8. Safe between threads. */
final class BodyParsers extends JsonFactory {
    private static final long serialVersionUID = 1;

    /** As deep as a body may be nested; tool schemas stay under 20. */
    static final int MAX_DEPTH = 128;

    /** Longer member names serve only to cost memory; the longest in use are keys of tool schemas. */
    static final int MAX_NAME_LENGTH = 8192;

    /** Digits of a number; far above what a model server reads, far below what makes reading it slow. */
    static final int MAX_NUMBER_LENGTH = 1000;

    /** Parses bodies of up to {@code maxBodyBytes}. */
    BodyParsers(int maxBodyBytes) {
        super(new JsonFactoryBuilder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(maxBodyBytes)
                        .maxDocumentLength(maxBodyBytes)
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNameLength(MAX_NAME_LENGTH)
                        .maxNumberLength(MAX_NUMBER_LENGTH)
                        .build())
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                // Names are the client's choice: they must not settle in the JVM's table of interned strings.
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES));
    }

    /** Opens a parser at the beginning of {@code bytes}. */
    BodyParser open(ByteViews bytes) {
        try {
            return (BodyParser) createParser(new BodyStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected JsonParser _createParser(InputStream input, IOContext context) {
        return new BodyParser(context, _parserFeatures, input, _byteSymbolCanonicalizer.makeChild(_factoryFeatures));
    }
}
