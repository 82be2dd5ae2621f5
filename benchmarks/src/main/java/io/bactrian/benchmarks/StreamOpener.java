package io.bactrian.benchmarks;

/** Opens streams over one protocol; used on the client's event loop. */
interface StreamOpener {
    /** Opens stream {@code number}, counted from 0. */
    void open(int number);
}
