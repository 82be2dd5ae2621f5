package io.bactrian.simulator;

/** Faults that were ordered and have not all happened yet. Confined to the server's event loop. */
final class Faults {
    private int failuresLeft;
    private int failureStatus;
    private int transferFailuresLeft;
    private int deathsLeft;
    private long deathAfterBodyBytes;
    private long hangsUntilNanos = System.nanoTime();

    void failNext(int count, int status) {
        failuresLeft = count;
        failureStatus = status;
    }

    void dieNext(int count, long afterBodyBytes) {
        deathsLeft = count;
        deathAfterBodyBytes = afterBodyBytes;
    }

    void failTransfers(int count) {
        transferFailuresLeft = count;
    }

    /** Tells whether the next transfer to another server fails. */
    boolean takeTransferFailure() {
        if (transferFailuresLeft == 0) {
            return false;
        }
        transferFailuresLeft--;
        return true;
    }

    void hang(long nanos) {
        hangsUntilNanos = System.nanoTime() + nanos;
    }

    /** Returns how long nothing is to be answered yet; not positive if the server is not hanging. */
    long hangsForNanos() {
        return hangsUntilNanos - System.nanoTime();
    }

    /** Returns the status the next request fails with, or 0. */
    int takeFailure() {
        if (failuresLeft == 0) {
            return 0;
        }
        failuresLeft--;
        return failureStatus;
    }

    /** Returns after how many bytes the next answer dies. */
    long takeDeath() {
        if (deathsLeft == 0) {
            return ResponseWriter.NEVER;
        }
        deathsLeft--;
        return deathAfterBodyBytes;
    }
}
