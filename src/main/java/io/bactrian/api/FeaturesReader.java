package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.request.MediaItem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what a media encoder has made of the pictures that token ids stand for (vLLM's generate): {@code mm_hashes} holds by modality a list
 * of hashes, {@code mm_placeholders} likewise the place of each. What is of another form is the model server's to judge. One use.
 */
final class FeaturesReader {
    /** More pictures than any model takes. */
    private static final int MAX_ITEMS = 4096;

    private static final int MAX_HASH_LENGTH = 256;

    private final BodyWalk walk;
    private final Map<String, List<String>> hashes = new LinkedHashMap<>();
    private final Map<String, List<Place>> places = new LinkedHashMap<>();
    private int items;

    private record Place(int offset, int length) {}

    FeaturesReader(BodyWalk walk) {
        this.walk = walk;
    }

    /** Reads the object at whose beginning the walk stands; leaves the walk at its end. */
    List<MediaItem> read() {
        for (String name = walk.nextName(); name != null; name = walk.nextName()) {
            JsonToken value = walk.next();
            if (value == JsonToken.START_OBJECT && name.equals("mm_hashes")) {
                readHashes();
            } else if (value == JsonToken.START_OBJECT && name.equals("mm_placeholders")) {
                readPlaces();
            } else {
                walk.skip();
            }
        }
        List<MediaItem> read = new ArrayList<>();
        hashes.forEach((modality, all) -> {
            List<Place> of = places.getOrDefault(modality, List.of());
            for (int i = 0; i < all.size(); i++) {
                Place place = i < of.size() ? of.get(i) : new Place(0, 0);
                read.add(new MediaItem(modality, all.get(i), place.offset, place.length));
            }
        });
        return read;
    }

    private void readHashes() {
        for (String modality = walk.nextName(); modality != null; modality = walk.nextName()) {
            List<String> all = hashes.computeIfAbsent(modality, unread -> new ArrayList<>());
            if (walk.next() == JsonToken.START_ARRAY) {
                for (JsonToken next = walk.next(); next != JsonToken.END_ARRAY; next = walk.next()) {
                    if (next == JsonToken.VALUE_STRING) {
                        all.add(walk.shortText("features.mm_hashes", MAX_HASH_LENGTH));
                        count();
                    }
                    walk.skip();
                }
            } else {
                walk.skip();
            }
        }
    }

    private void readPlaces() {
        for (String modality = walk.nextName(); modality != null; modality = walk.nextName()) {
            List<Place> all = places.computeIfAbsent(modality, unread -> new ArrayList<>());
            if (walk.next() == JsonToken.START_ARRAY) {
                for (JsonToken next = walk.next(); next != JsonToken.END_ARRAY; next = walk.next()) {
                    if (next == JsonToken.START_OBJECT) {
                        all.add(readPlace());
                        count();
                    } else {
                        walk.skip();
                    }
                }
            } else {
                walk.skip();
            }
        }
    }

    private Place readPlace() {
        int offset = 0;
        int length = 0;
        for (String name = walk.nextName(); name != null; name = walk.nextName()) {
            JsonToken value = walk.next();
            if (value == JsonToken.VALUE_NUMBER_INT && name.equals("offset")) {
                offset = tokens();
            } else if (value == JsonToken.VALUE_NUMBER_INT && name.equals("length")) {
                length = tokens();
            } else {
                walk.skip();
            }
        }
        return new Place(offset, length);
    }

    private int tokens() {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, walk.wholeNumber()));
    }

    private void count() {
        items++;
        if (items > 2 * MAX_ITEMS) {
            throw Refusal.at("features", "too many items", "at most " + MAX_ITEMS);
        }
    }
}
