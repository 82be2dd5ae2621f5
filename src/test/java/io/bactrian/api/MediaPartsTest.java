package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every picture of a chat is found where it lies, against a reader of the same tree. */
class MediaPartsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static MediaParts in(byte[] body) {
        ClientBody read =
                new BodyReader(1 << 20).read("r", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, RequestBytes.of(body));
        return MediaParts.of(read.places());
    }

    @Provide
    Arbitrary<ObjectNode> parts() {
        Arbitrary<String> urls =
                Arbitraries.of("https://x/a.png", "https://x/\"quoted\".png", "data:image/png;base64,AA", "");
        return Arbitraries.of("text", "image_url", "video_url", "audio_url", "input_audio", "file")
                .flatMap(type -> urls.map(url -> {
                    ObjectNode part = MAPPER.createObjectNode();
                    switch (type) {
                        case "text" -> part.put("text", "image_url " + url);
                        case "input_audio" ->
                            part.putObject(type).put("data", url).put("format", "wav");
                        default -> part.putObject(type).put("detail", "low").put("url", url);
                    }
                    part.put("type", type); // after what it tells of, as clients may
                    return part;
                }));
    }

    @Provide
    Arbitrary<ObjectNode> chats() {
        Arbitrary<JsonNode> content = parts().list().ofMaxSize(5).<JsonNode>map(parts -> MAPPER.createArrayNode()
                .addAll(parts));
        Arbitrary<JsonNode> text = Arbitraries.strings().ofMaxLength(9).map(MAPPER.getNodeFactory()::textNode);
        return Arbitraries.oneOf(content, text).list().ofMinSize(1).ofMaxSize(4).map(contents -> {
            ObjectNode chat = MAPPER.createObjectNode().put("model", "m");
            ArrayNode messages = chat.putArray("messages");
            contents.forEach(one -> messages.addObject().put("role", "user").set("content", one));
            return chat.put("n", 1);
        });
    }

    @Property
    void eachIsLeftAlone(@ForAll("chats") ObjectNode chat) throws IOException {
        byte[] body = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(chat);

        MediaParts found = in(body);

        List<JsonNode> alone = new ArrayList<>();
        for (int i = 0; i < found.count(); i++) {
            alone.add(MAPPER.readTree(Splice.apply(body, found.alone(i))));
        }
        assertThat(alone).isEqualTo(expected(chat));
    }

    private static List<JsonNode> expected(ObjectNode chat) {
        List<JsonNode> all = new ArrayList<>();
        Set<String> addresses = new HashSet<>();
        for (JsonNode message : chat.path("messages")) {
            for (JsonNode part : message.path("content")) {
                String type = part.path("type").asText();
                JsonNode address = part.path(type).path("url");
                boolean isMedia = type.endsWith("_url") || type.equals("input_audio");
                if (isMedia && (address.isMissingNode() || addresses.add(address.asText()))) {
                    ObjectNode one = chat.deepCopy();
                    one.putArray("messages")
                            .addObject()
                            .put("role", "user")
                            .putArray("content")
                            .add(part);
                    all.add(one);
                }
            }
        }
        return all;
    }

    @Example
    void aBodyWithoutMessagesHasNone() {
        assertThat(MediaParts.of(BodyPlaces.NONE).count()).isZero();
    }
}
