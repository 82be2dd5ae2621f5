package io.bactrian.kvcache;

import org.jspecify.annotations.Nullable;

/**
 * One endpoint's coming to, or going from, the holders of many blocks in a row.
 *
 * <p>Neighbouring blocks of a prompt mostly have the same holders. Remembering the last change gives them the same
 * instance again: no allocation for a block, and one set in memory for a whole prefix. For one thread.
 */
final class HolderChange {
    private final int number;
    private final boolean holds;
    private boolean remembers;
    private @Nullable Holders lastBefore;
    private @Nullable Holders lastAfter;

    private HolderChange(int number, boolean holds) {
        this.number = number;
        this.holds = holds;
    }

    static HolderChange joining(int number) {
        return new HolderChange(number, true);
    }

    static HolderChange leaving(int number) {
        return new HolderChange(number, false);
    }

    /** Returns who holds a block after the change; null stands for nobody. */
    @Nullable
    Holders apply(@Nullable Holders before) {
        boolean held = before != null && before.contains(number);
        if (held == holds) {
            return before;
        }
        if (!remembers || before != lastBefore) {
            lastAfter = holds ? Holders.with(before, number) : without(before);
            lastBefore = before;
            remembers = true;
        }
        return lastAfter;
    }

    private @Nullable Holders without(@Nullable Holders before) {
        return before == null ? null : before.without(number);
    }
}
