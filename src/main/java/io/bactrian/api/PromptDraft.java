package io.bactrian.api;

import io.bactrian.api.Spans.Kind;
import io.bactrian.request.MediaItem;
import io.bactrian.request.Prompt;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the parts of a prompt while a body is walked.
 *
 * <p>Members of a JSON object come in any order, the model reads them in one. So each part goes into a section, and within it a
 * place in the reading order is reserved first and filled when its part is met.
 */
final class PromptDraft {
    static final int BYTES_PER_TOKEN = 4;

    /** The parts of a prompt, in the order in which a chat template puts them before the model. */
    enum Section {
        TOOLS,
        INSTRUCTIONS,
        DOCUMENTS,
        /** What a media encoder has made of pictures that token ids stand for. */
        FEATURES,
        MAIN
    }

    private final Spans main = new Spans();
    private @Nullable Map<Section, Spans> others; // in reading order; null while there are none
    private Spans spans = main; // of the section that is being read
    private long textBytes;
    private long tokens;
    private int mediaItems;
    private List<MediaItem> given = List.of();

    /** Lets what follows be part of {@code section}. */
    void enter(Section section) {
        if (section == Section.MAIN) {
            spans = main;
            return;
        }
        if (others == null) {
            others = new EnumMap<>(Section.class);
        }
        spans = others.computeIfAbsent(section, unread -> new Spans());
    }

    /** Reserves the next place in reading order within the section. */
    int reserve() {
        return spans.reserve();
    }

    /** Puts the text of the string that {@code walk} stands at into {@code place}, and passes over it. */
    void text(int place, BodyWalk walk) {
        int start = walk.start() + 1;
        walk.passString();
        boolean plain = walk.textLength() == walk.stringEnd() - start;
        spans.set(place, start, walk.stringEnd(), plain ? Kind.PLAIN : Kind.ESCAPED);
        textBytes += walk.textLength();
    }

    /** Puts the JSON from {@code start} to {@code end} at {@code place}, as it was written. */
    void json(int place, int start, int end) {
        spans.set(place, start, end, Kind.JSON);
        textBytes += end - start;
    }

    /** Puts the image or video named or held by the JSON of {@code bytes} from {@code start} to {@code end} at {@code place}. */
    void media(int place, ByteViews bytes, int start, int end, Kind kind) {
        spans.set(place, start, end, kind);
        mediaItems++;
        tokens += MediaTokens.of(kind, bytes, start, end);
    }

    /** Puts the sound named or held by the JSON from {@code start} to {@code end} at {@code place}, where it is text. */
    void sound(int place, int start, int end) {
        spans.set(place, start, end, Kind.SOUND);
        mediaItems++;
        textBytes += end - start;
    }

    /** Notes what the client says of pictures that token ids stand for. */
    void given(List<MediaItem> items) {
        given = items;
        mediaItems += items.size();
    }

    void tokenIds(int start, int end, int count) {
        spans.add(start, end, Kind.TOKEN_IDS);
        tokens += count;
    }

    /** Ends a text prompt, whose bytes are counted up to a whole token. */
    void endPrompt() {
        tokens += (textBytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
        textBytes = 0;
    }

    /** Returns all parts as one prompt. */
    Prompt single(ByteViews bytes) {
        return new SpanPrompt(bytes, joined(), false, estimate(), mediaItems, given);
    }

    /** Returns each part of the main section as a prompt of its own; all parts as one if that has but one. */
    Prompt batch(ByteViews bytes) {
        if (main.size() == 1) {
            return single(bytes);
        }
        return new SpanPrompt(bytes, main, true, estimate(), mediaItems, given);
    }

    private Spans joined() {
        if (others == null) {
            return main;
        }
        Spans all = new Spans();
        others.values().forEach(all::addAll);
        all.addAll(main);
        return all;
    }

    private int estimate() {
        return (int) Math.min(Integer.MAX_VALUE, tokens);
    }
}
