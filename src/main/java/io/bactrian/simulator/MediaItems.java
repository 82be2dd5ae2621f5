package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.simulator.engine.InferenceEngine;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds the images, videos and sounds of a chat, each named by a hash of its address or its data. */
final class MediaItems {
    private MediaItems() {}

    static List<String> hashes(JsonNode body) {
        Set<String> hashes = new LinkedHashSet<>();
        for (JsonNode message : body.path("messages")) {
            for (JsonNode part : message.path("content")) {
                String type = part.path("type").asText();
                String media =
                        switch (type) {
                            case "image_url", "video_url", "audio_url" ->
                                part.path(type).path("url").asText();
                            case "input_audio" -> part.path(type).path("data").asText();
                            default -> "";
                        };
                if (!media.isEmpty()) {
                    hashes.add(Long.toHexString(InferenceEngine.seedFor(0, media)));
                }
            }
        }
        return new ArrayList<>(hashes);
    }
}
