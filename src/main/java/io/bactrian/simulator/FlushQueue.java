package io.bactrian.simulator;

import java.util.ArrayList;
import java.util.List;

/** Connections with something written since the last flush: each is flushed once an engine step, however many tokens. */
final class FlushQueue {
    private final List<ResponseWriter> written = new ArrayList<>();

    void add(ResponseWriter writer) {
        // One connection rarely has two tokens in a step; when it does, the second flush finds nothing to do.
        if (written.isEmpty() || written.get(written.size() - 1) != writer) {
            written.add(writer);
        }
    }

    void flush() {
        // A flush may complete an answer and so begin another, which adds to this list.
        for (int i = 0; i < written.size(); i++) {
            written.get(i).flush();
        }
        written.clear();
    }
}
