package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the client's answer of that of a server which went on behind the first token: to it that token was the end of the prompt. Its text
 * comes first, and the tokens are counted as the client counts them. Everything else keeps its bytes. Immutable.
 */
public final class TokenInFront {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

    private final String quoted; // without the quotes

    /** @param text of the first token */
    public TokenInFront(String text) {
        this.quoted = new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    /**
     * Returns the JSON {@code body} with the token before its text.
     *
     * @throws IOException if there is no such text
     */
    public byte[] complete(byte[] body) throws IOException {
        Places places = Places.read(body, 0, body.length);
        if (!places.hasText()) {
            throw new IOException("an answer without text");
        }
        places.count();
        places.splices.add(new Splice(places.textStart + 1, 0, quoted));
        return places.apply(body);
    }

    /**
     * Returns an event with the token alone, like {@code event} in everything else; it goes before that one. Empty if that one has no
     * text, so that the next is to be asked.
     */
    public byte[] before(byte[] event) {
        try {
            Places places = inData(event);
            if (!places.hasText()) {
                return new byte[0];
            }
            places.splices.clear();
            places.splices.add(new Splice(places.textStart, places.textEnd - places.textStart, '"' + quoted + '"'));
            places.splices.addAll(places.endings);
            return places.apply(event);
        } catch (IOException e) {
            return new byte[0];
        }
    }

    /** Returns {@code event}, with its tokens counted as the client counts them if it does; the same array else. */
    public byte[] counted(byte[] event) {
        if (!UsageReader.mentionsUsage(ByteBuffer.wrap(event))) {
            return event;
        }
        try {
            Places places = inData(event);
            places.count();
            return places.splices.isEmpty() ? event : places.apply(event);
        } catch (IOException e) {
            return event;
        }
    }

    private static Places inData(byte[] event) throws IOException {
        int start = 0;
        while (start < event.length) {
            int end = start;
            while (end < event.length && event[end] != '\n' && event[end] != '\r') {
                end++;
            }
            if (end - start > DATA.length && Arrays.equals(event, start, start + DATA.length, DATA, 0, DATA.length)) {
                return Places.read(event, start + DATA.length, end);
            }
            start = end + 1;
        }
        return new Places(0);
    }

    /** Where in one answer, or event, those values lie that change. */
    private static final class Places {
        final List<Splice> splices = new ArrayList<>();
        final List<Splice> endings = new ArrayList<>(); // take out what is said of the end, and of usage
        private final List<Splice> counts = new ArrayList<>();
        private final int base;
        private int choices;
        private int textStart = -1;
        private int textEnd;

        Places(int base) {
            this.base = base;
        }

        static Places read(byte[] json, int from, int to) throws IOException {
            Places places = new Places(from);
            try (JsonParser parser = FACTORY.createParser(json, from, to - from)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    return places;
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    JsonToken value = parser.nextToken();
                    if (name.equals("choices") && value == JsonToken.START_ARRAY) {
                        places.choices(parser);
                    } else if (name.equals("usage") && value == JsonToken.START_OBJECT) {
                        places.usage(parser);
                    } else {
                        parser.skipChildren();
                    }
                }
            }
            return places;
        }

        boolean hasText() {
            return choices == 1 && textStart >= 0;
        }

        void count() {
            splices.addAll(counts);
        }

        byte[] apply(byte[] original) {
            splices.sort(java.util.Comparator.comparingInt(Splice::offset));
            return Splice.apply(original, splices);
        }

        private void choices(JsonParser parser) throws IOException {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                choices++;
                if (parser.currentToken() == JsonToken.START_OBJECT) {
                    choice(parser);
                } else {
                    parser.skipChildren();
                }
            }
        }

        private void choice(JsonParser parser) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                int start = base + start(parser);
                parser.skipChildren();
                parser.finishToken();
                int end = base + end(parser);
                if (name.equals("text") && value == JsonToken.VALUE_STRING) {
                    textStart = start;
                    textEnd = end;
                } else if ((name.equals("finish_reason") || name.equals("stop_reason"))
                        && value != JsonToken.VALUE_NULL) {
                    endings.add(new Splice(
                            start, (value.isNumeric() ? start + parser.getTextLength() : end) - start, "null"));
                }
            }
        }

        /** The token was the last of the prompt there, and is the first of the answer to the client. */
        private void usage(JsonParser parser) throws IOException {
            int open = base + start(parser);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                int more = name.equals("completion_tokens") ? 1 : name.equals("prompt_tokens") ? -1 : 0;
                if (more != 0
                        && value == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() == JsonParser.NumberType.INT) {
                    int start = base + start(parser);
                    String counted = String.valueOf(Math.max(0, (long) parser.getIntValue() + more));
                    counts.add(new Splice(start, parser.getTextLength(), counted));
                } else {
                    parser.skipChildren();
                }
            }
            endings.add(new Splice(open, base + end(parser) - open, "null"));
        }

        private static int start(JsonParser parser) {
            return (int) parser.currentTokenLocation().getByteOffset();
        }

        private static int end(JsonParser parser) {
            return (int) parser.currentLocation().getByteOffset();
        }
    }
}
