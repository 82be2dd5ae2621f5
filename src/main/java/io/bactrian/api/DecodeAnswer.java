package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Corrects what a decode endpoint says of a prompt that another computed. To it nearly all of the prompt was cached, since the
 * blocks were handed over; the client is told what the prefill endpoint had cached. By which the blocks were fetched is no
 * business of the client's and is taken out.
 *
 * <p>What SGLang's prefill server knows of the prompt's tokens is put before what the decode server does. Everything else keeps its bytes. What cannot be read is left as it is.
 */
public final class DecodeAnswer {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

    private final AnswerCorrection correction;
    private final List<Splice> splices = new ArrayList<>();

    private DecodeAnswer(AnswerCorrection correction) {
        this.correction = correction;
    }

    /** Returns the JSON {@code body}, corrected; the same array if there is nothing to correct. */
    public static byte[] correct(byte[] body, AnswerCorrection correction) {
        List<Splice> splices = splices(body, 0, body.length, correction);
        return splices.isEmpty() ? body : Splice.apply(body, splices);
    }

    /** Returns the server-sent {@code event}, whose data are one line of JSON, so corrected. */
    public static byte[] correctEvent(byte[] event, AnswerCorrection correction) {
        int start = 0;
        while (start < event.length) {
            int end = start;
            while (end < event.length && event[end] != '\n' && event[end] != '\r') {
                end++;
            }
            if (startsWithData(event, start, end)) {
                List<Splice> splices = splices(event, start + DATA.length, end, correction);
                return splices.isEmpty() ? event : Splice.apply(event, splices);
            }
            start = end + 1;
        }
        return event;
    }

    private static boolean startsWithData(byte[] event, int start, int end) {
        return end - start > DATA.length
                && java.util.Arrays.equals(event, start, start + DATA.length, DATA, 0, DATA.length);
    }

    private static List<Splice> splices(byte[] bytes, int from, int to, AnswerCorrection correction) {
        DecodeAnswer answer = new DecodeAnswer(correction);
        try (JsonParser parser = FACTORY.createParser(bytes, from, to - from)) {
            answer.root(parser, from);
            return answer.splices;
        } catch (IOException e) {
            return List.of();
        }
    }

    private void root(JsonParser parser, int base) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return;
        }
        int valueEnd = -1; // of the member before
        int takenOutFrom = -1; // a first member, whose comma stands behind it
        int takenOutTo = -1;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            int nameStart = base + start(parser);
            if (takenOutFrom >= 0) {
                splices.add(new Splice(takenOutFrom, nameStart - takenOutFrom, ""));
                takenOutFrom = -1;
            }
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("usage") && value == JsonToken.START_OBJECT && correction.changesUsage()) {
                usage(parser, base);
            } else if (name.equals("meta_info") && value == JsonToken.START_OBJECT && correction.addsLogprobs()) {
                metaInfo(parser, base);
            }
            parser.skipChildren();
            parser.finishToken();
            int end = base + end(parser);
            if (name.equals("kv_transfer_params") && valueEnd >= 0) {
                splices.add(new Splice(valueEnd, end - valueEnd, ""));
            } else if (name.equals("kv_transfer_params")) {
                takenOutFrom = nameStart;
                takenOutTo = end;
            }
            valueEnd = name.equals("kv_transfer_params") && valueEnd < 0 ? -1 : end;
        }
        if (takenOutFrom >= 0) {
            splices.add(new Splice(takenOutFrom, takenOutTo - takenOutFrom, "")); // the only one
        }
    }

    private void usage(JsonParser parser, int base) throws IOException {
        int open = base + start(parser) + 1;
        boolean empty = true;
        boolean found = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            empty = false;
            boolean details = parser.currentName().equals("prompt_tokens_details");
            JsonToken value = parser.nextToken();
            if (details && value == JsonToken.START_OBJECT) {
                found = true;
                details(parser, base);
            } else if (details) {
                found = true;
                replace(parser, base, object());
            } else {
                parser.skipChildren();
            }
        }
        if (!found) {
            splices.add(new Splice(open, 0, "\"prompt_tokens_details\":" + object() + (empty ? "" : ",")));
        }
    }

    private void details(JsonParser parser, int base) throws IOException {
        int open = base + start(parser) + 1;
        boolean empty = true;
        boolean found = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            empty = false;
            boolean cached = parser.currentName().equals("cached_tokens");
            parser.nextToken();
            if (cached) {
                found = true;
                replace(parser, base, String.valueOf(correction.cachedTokens()));
            } else {
                parser.skipChildren();
            }
        }
        if (!found) {
            splices.add(new Splice(open, 0, "\"cached_tokens\":" + correction.cachedTokens() + (empty ? "" : ",")));
        }
    }

    /** Puts what the other endpoint knows of the prompt's tokens before what this one does. */
    private void metaInfo(JsonParser parser, int base) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isList = parser.currentName().equals("input_token_logprobs");
            JsonToken value = parser.nextToken();
            int start = base + start(parser);
            if (isList && value == JsonToken.VALUE_NULL) {
                splices.add(new Splice(start, "null".length(), correction.inputLogprobs()));
            } else if (isList && value == JsonToken.START_ARRAY) {
                boolean empty = parser.nextToken() == JsonToken.END_ARRAY;
                String others = correction.inputLogprobs();
                String before = others.substring(1, others.length() - 1).strip();
                splices.add(new Splice(start + 1, 0, before + (empty || before.isEmpty() ? "" : ",")));
                while (!empty && parser.currentToken() != JsonToken.END_ARRAY) {
                    parser.skipChildren();
                    parser.nextToken();
                }
            } else {
                parser.skipChildren();
            }
        }
    }

    /** Puts {@code text} in the place of the value that the parser stands at, whatever it is. */
    private void replace(JsonParser parser, int base, String text) throws IOException {
        int start = start(parser);
        parser.skipChildren();
        parser.finishToken();
        splices.add(new Splice(base + start, end(parser) - start, text));
    }

    private String object() {
        return "{\"cached_tokens\":" + correction.cachedTokens() + "}";
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    private static int end(JsonParser parser) {
        return (int) parser.currentLocation().getByteOffset();
    }
}
