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
 * <p>Everything else keeps its bytes. What cannot be read is left as it is.
 */
public final class DecodeAnswer {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

    private final int cachedTokens;
    private final List<Splice> splices = new ArrayList<>();

    private DecodeAnswer(int cachedTokens) {
        this.cachedTokens = cachedTokens;
    }

    /** Returns the JSON {@code body} with {@code cachedTokens} as its tokens that were cached, where it reports usage. */
    public static byte[] correct(byte[] body, int cachedTokens) {
        List<Splice> splices = splices(body, 0, body.length, cachedTokens);
        return splices.isEmpty() ? body : Splice.apply(body, splices);
    }

    /** Returns the server-sent {@code event}, whose data are one line of JSON, so corrected. */
    public static byte[] correctEvent(byte[] event, int cachedTokens) {
        int start = 0;
        while (start < event.length) {
            int end = start;
            while (end < event.length && event[end] != '\n' && event[end] != '\r') {
                end++;
            }
            if (startsWithData(event, start, end)) {
                List<Splice> splices = splices(event, start + DATA.length, end, cachedTokens);
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

    private static List<Splice> splices(byte[] bytes, int from, int to, int cachedTokens) {
        DecodeAnswer answer = new DecodeAnswer(cachedTokens);
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
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            int nameStart = base + start(parser);
            if (takenOutFrom >= 0) {
                splices.add(new Splice(takenOutFrom, nameStart - takenOutFrom, ""));
                takenOutFrom = -1;
            }
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("usage") && value == JsonToken.START_OBJECT) {
                usage(parser, base);
            }
            parser.skipChildren();
            parser.finishToken();
            int end = base + (int) parser.currentLocation().getByteOffset();
            if (name.equals("kv_transfer_params") && valueEnd >= 0) {
                splices.add(new Splice(valueEnd, end - valueEnd, ""));
            } else if (name.equals("kv_transfer_params")) {
                takenOutFrom = nameStart;
            }
            valueEnd = name.equals("kv_transfer_params") && valueEnd < 0 ? -1 : end;
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
            } else if (details && value == JsonToken.VALUE_NULL) {
                found = true;
                splices.add(new Splice(base + start(parser), "null".length(), object()));
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
            JsonToken value = parser.nextToken();
            if (cached && value.isScalarValue()) {
                found = true;
                int start = start(parser);
                parser.finishToken();
                int length = value == JsonToken.VALUE_NULL ? "null".length() : parser.getTextLength();
                splices.add(new Splice(base + start, length, String.valueOf(cachedTokens)));
            } else {
                parser.skipChildren();
            }
        }
        if (!found) {
            splices.add(new Splice(open, 0, "\"cached_tokens\":" + cachedTokens + (empty ? "" : ",")));
        }
    }

    private String object() {
        return "{\"cached_tokens\":" + cachedTokens + "}";
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }
}
