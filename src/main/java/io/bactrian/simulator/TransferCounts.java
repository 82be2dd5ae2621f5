package io.bactrian.simulator;

/** What went wrong, and right, between servers, as far as the HTTP side knows it. Confined to the event loop. */
final class TransferCounts {
    long loads;
    long failedLoads;
    long foreignReads;
    long mismatches;
    long malformed;
    long reusedRooms;
    long belowThreshold;
    long encodedItems;
    long encoderReads;
    long encoderMisses;
}
