package io.bactrian.benchmarks;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What the model servers of this process have seen. */
final class ModelServerCounts {
    final LongAdder connections = new LongAdder(); // open now
    final LongAdder requests = new LongAdder();
    final LongAdder scrapes = new LongAdder();
    final LongAdder running = new LongAdder(); // streams under way now
    final LongAdder completed = new LongAdder(); // streams
    final LongAdder aborted = new LongAdder(); // streams whose connection was closed
    final LongAdder events = new LongAdder();

    String json() {
        return Json.write(Map.of(
                "connections", connections.sum(),
                "requests", requests.sum(),
                "scrapes", scrapes.sum(),
                "running", running.sum(),
                "completed", completed.sum(),
                "aborted", aborted.sum(),
                "events", events.sum()));
    }
}
