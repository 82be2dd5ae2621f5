package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The images, videos and sounds of a chat, by where they lie in its body, so that each can be sent on alone without its bytes being
 * copied. Two with the same address are one.
 */
public final class MediaParts {
    private static final Set<String> TYPES = Set.of("image_url", "video_url", "audio_url", "input_audio");
    private static final JsonFactory FACTORY = new JsonFactory();

    /** Where the messages lie in the body: from {@code start} up to {@code end}. */
    private final int start;

    private final int end;
    private final List<Part> parts = new ArrayList<>();
    private final Set<ByteBuffer> addresses = new HashSet<>();
    private final byte[] messages;

    /** Where one lies in the body. */
    private record Part(int start, int end) {}

    private MediaParts(BodyPlaces places) {
        start = places.start(BodyMember.MESSAGES);
        messages = start < 0 ? new byte[0] : places.bytes(BodyMember.MESSAGES);
        end = start + messages.length;
    }

    /** Finds those of the chat whose members lie at {@code places}; the body must be held meanwhile. */
    public static MediaParts of(BodyPlaces places) {
        MediaParts found = new MediaParts(places);
        if (found.messages.length > 0) {
            try (JsonParser parser = FACTORY.createParser(found.messages)) {
                found.read(parser);
            } catch (IOException e) {
                throw new UncheckedIOException("reading what has been read before", e);
            }
        }
        return found;
    }

    /** Returns how many there are. */
    public int count() {
        return parts.size();
    }

    /** Returns what leaves in the body of one message of a user that holds nothing but item {@code index}. */
    public List<Splice> alone(int index) {
        Part part = parts.get(index);
        return List.of(
                new Splice(start, part.start - start, "[{\"role\":\"user\",\"content\":["),
                new Splice(part.end, end - part.end, "]}]"));
    }

    private void read(JsonParser parser) throws IOException {
        parser.nextToken(); // the array
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isContent = parser.currentName().equals("content");
                if (parser.nextToken() == JsonToken.START_ARRAY && isContent) {
                    readContent(parser);
                } else {
                    parser.skipChildren();
                }
            }
        }
    }

    private void readContent(JsonParser parser) throws IOException {
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token == JsonToken.START_OBJECT) {
                readPart(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    private void readPart(JsonParser parser) throws IOException {
        int from = at(parser);
        boolean isMedia = false;
        ByteBuffer address = ByteBuffer.allocate(0);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("type") && value == JsonToken.VALUE_STRING) {
                isMedia = TYPES.contains(parser.getText());
            } else if (TYPES.contains(name) && value == JsonToken.START_OBJECT) {
                address = readAddress(parser, address);
            } else {
                parser.skipChildren();
            }
        }
        if (isMedia && (!address.hasRemaining() || addresses.add(address))) {
            parts.add(new Part(start + from, start + at(parser) + 1));
        }
    }

    private ByteBuffer readAddress(JsonParser parser, ByteBuffer before) throws IOException {
        ByteBuffer address = before;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isAddress = parser.currentName().equals("url");
            if (parser.nextToken() == JsonToken.VALUE_STRING && isAddress) {
                int from = at(parser);
                address = ByteBuffer.wrap(messages, from, BodyPlaces.endOfText(messages, from) - from)
                        .slice();
            } else {
                parser.skipChildren();
            }
        }
        return address;
    }

    /** Returns where the token begins that was read last; an address of megabytes is not decoded for it. */
    private static int at(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }
}
