package io.bactrian.api;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Changes to members of a body's object, as splices: everything else keeps its bytes. Members that are there change in place,
 * others are put at the end in the order in which they are set. One use, one thread.
 */
public final class BodyEdits {
    private final BodyPlaces places;
    private final List<Splice> changed = new ArrayList<>();
    private final Set<BodyMember> removed = EnumSet.noneOf(BodyMember.class);
    private final StringBuilder added = new StringBuilder();

    public BodyEdits(BodyPlaces places) {
        this.places = places;
    }

    /** Gives the member called {@code key} the value {@code json}. */
    public BodyEdits set(String key, String json) {
        BodyMember member = BodyMember.of(key);
        if (member == null || places.start(member) < 0) {
            added.append(",\"").append(key).append("\":").append(json);
        } else {
            replace(places.start(member), places.end(member), json);
        }
        return this;
    }

    /** Gives the member called {@code key} the value {@code json} if there is such a member. */
    public BodyEdits setIfPresent(String key, String json) {
        return places.has(key) ? set(key, json) : this;
    }

    /** Takes the member called {@code key} out, if it is there. */
    public BodyEdits remove(String key) {
        if (places.has(key)) {
            removed.add(BodyMember.of(key));
        }
        return this;
    }

    /** Edits the object that is the value of {@code key}, which must be there. */
    BodyEdits inside(String key, java.util.function.Consumer<BodyEdits> edit) {
        BodyEdits inner = new BodyEdits(places.inside(key));
        edit.accept(inner);
        changed.addAll(inner.splices());
        return this;
    }

    private void replace(int start, int end, String text) {
        changed.add(new Splice(places.base() + start, end - start, text));
    }

    /** Returns the changes, in ascending order. */
    public List<Splice> splices() {
        List<Splice> all = new ArrayList<>(changed);
        removed.stream()
                .sorted(Comparator.comparingInt(places::start))
                .map(new Removal()::of)
                .forEach(all::add);
        all.sort(Comparator.comparingInt(Splice::offset));
        if (!added.isEmpty()) {
            boolean alone = places.members() == removed.size();
            all.add(new Splice(places.base() + places.close(), 0, added.substring(alone ? 1 : 0)));
        }
        return all;
    }

    /** Takes members out, each with the comma before it, or the one behind it where none stands before. */
    private final class Removal {
        private int done; // up to here everything is taken out

        Splice of(BodyMember member) {
            int nameStart = places.nameStart(places.start(member));
            int end = places.end(member);
            int before = places.backOverSpace(nameStart - 1);
            if (places.at(before) == ',' && before >= done) {
                return cut(before, end);
            }
            int behind = places.overSpace(end);
            return cut(nameStart, places.at(behind) == ',' ? places.overSpace(behind + 1) : end);
        }

        private Splice cut(int start, int end) {
            done = end;
            return new Splice(places.base() + start, end - start, "");
        }
    }

    /** Returns {@code first} and {@code second}, neither of which changes what the other does, as one list. */
    public static List<Splice> merge(List<Splice> first, List<Splice> second) {
        if (first.isEmpty() || second.isEmpty()) {
            return first.isEmpty() ? second : first;
        }
        List<Splice> all = new ArrayList<>(first);
        all.addAll(second);
        all.sort(Comparator.comparingInt(Splice::offset));
        return List.copyOf(all);
    }
}
