package io.bactrian.engine.connector;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Names of transfers between two model servers. */
final class TransferId {
    private TransferId() {}

    /** Returns a new one, which need be unique, not secret: without the lock of a secure source. */
    static UUID random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong(), random.nextLong());
    }
}
