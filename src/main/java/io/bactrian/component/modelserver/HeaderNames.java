package io.bactrian.component.modelserver;

import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of header names, whatever their case.
 *
 * <p>Every header of every request and answer is looked up. Names that Netty has read carry their hash, so that most lookups end
 * at an empty slot.
 */
final class HeaderNames {
    private static final int SLOTS = 256; // a power of two, several times the names there are

    private final AsciiString[][] slots = new AsciiString[SLOTS][];

    HeaderNames(List<AsciiString> names) {
        List<List<AsciiString>> lists = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            lists.add(new ArrayList<>());
        }
        names.forEach(name -> lists.get(slot(name)).add(name));
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = lists.get(i).toArray(AsciiString[]::new);
        }
    }

    boolean contains(CharSequence name) {
        for (AsciiString known : slots[slot(name)]) {
            if (known.contentEqualsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    private static int slot(CharSequence name) {
        return AsciiString.hashCode(name) & (SLOTS - 1);
    }
}
