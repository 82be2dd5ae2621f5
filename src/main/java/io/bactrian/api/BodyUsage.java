package io.bactrian.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteBufferFeeder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads token usage out of one JSON body while it passes by; a string of more than a million characters, or anything malformed,
 * ends the reading without a result. One thread; {@link #end} must be called, also when the body is cut.
 */
public final class BodyUsage {
    private final JsonParser parser;
    private final UsageTokens tokens;
    private boolean failed;

    BodyUsage(JsonParser parser, UsageTokens tokens) {
        this.parser = parser;
        this.tokens = tokens;
    }

    /** Takes the next piece, from its position to its limit; leaves both alone and does not keep it. */
    public void feed(ByteBuffer piece) {
        if (failed || !piece.hasRemaining()) {
            return;
        }
        try {
            ((ByteBufferFeeder) parser.getNonBlockingInputFeeder()).feedInput(piece.duplicate());
            advance();
        } catch (IOException e) {
            failed = true;
        }
    }

    /** Ends the body and returns its usage, if it was complete and had one. */
    public Optional<TokenUsage> end() {
        try (parser) {
            if (failed) {
                return Optional.empty();
            }
            parser.getNonBlockingInputFeeder().endOfInput();
            advance();
            return tokens.usage();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void advance() throws IOException {
        JsonToken token = parser.nextToken();
        while (token != null && token != JsonToken.NOT_AVAILABLE) {
            tokens.accept(token, parser);
            token = parser.nextToken();
        }
    }
}
