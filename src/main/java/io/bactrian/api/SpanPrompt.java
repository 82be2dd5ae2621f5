package io.bactrian.api;

import io.bactrian.request.MediaCost;
import io.bactrian.request.MediaItem;
import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Prompts read out of a body when somebody asks, and not kept.
 *
 * @param batch whether each span is a prompt of its own; otherwise all are one
 * @param given what the client says of pictures that token ids stand for
 */
record SpanPrompt(
        ByteViews bytes, Spans spans, boolean batch, int estimatedTokens, int mediaItems, List<MediaItem> given)
        implements Prompt {
    private static final PromptSink NOWHERE = new PromptSink() {
        @Override
        public boolean text(byte[] utf8, int offset, int length) {
            return true;
        }

        @Override
        public boolean tokenId(int id) {
            return true;
        }
    };

    @Override
    public int count() {
        return batch ? spans.size() : 1;
    }

    @Override
    public int estimatedTokens(MediaCost media) {
        long tokens = estimatedTokens;
        for (int i = 0; i < spans.size(); i++) {
            Spans.Kind kind = spans.kind(i);
            if (kind == Spans.Kind.IMAGE || kind == Spans.Kind.VIDEO) {
                tokens -= MediaTokens.of(kind, bytes, spans.start(i), spans.end(i));
                tokens += kind == Spans.Kind.VIDEO
                        ? media.video()
                        : media.image(ImageSize.pixels(bytes, spans.start(i), spans.end(i)));
            }
        }
        return (int) Math.min(Integer.MAX_VALUE, tokens);
    }

    @Override
    public void read(int index, PromptSink sink) {
        Objects.checkIndex(index, count());
        read(index, new SpanReader(bytes, sink));
    }

    @Override
    public List<MediaItem> media() {
        if (mediaItems == given.size()) {
            return given;
        }
        List<MediaItem> items = new ArrayList<>(given);
        for (int i = 0; i < count(); i++) {
            read(i, new SpanReader(bytes, NOWHERE, items::add));
        }
        return items;
    }

    private void read(int index, SpanReader reader) {
        int first = batch ? index : 0;
        int end = batch ? index + 1 : spans.size();
        for (int i = first; i < end; i++) {
            if (!reader.read(spans.kind(i), spans.start(i), spans.end(i))) {
                return;
            }
        }
    }
}
