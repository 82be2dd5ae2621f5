package io.bactrian.simulator;

/** How completion requests have ended. Confined to the server's event loop. */
final class RequestCounts {
    private long started;
    private long completed;
    private long aborted;
    private long failed;

    void started() {
        started++;
    }

    void refused() {
        failed++;
    }

    void ended(ResponseWriter.Outcome outcome) {
        switch (outcome) {
            case COMPLETE -> completed++;
            case CLIENT_LEFT -> aborted++;
            case DIED -> failed++;
        }
    }

    long startedRequests() {
        return started;
    }

    long completedRequests() {
        return completed;
    }

    long abortedRequests() {
        return aborted;
    }

    long failedRequests() {
        return failed;
    }
}
