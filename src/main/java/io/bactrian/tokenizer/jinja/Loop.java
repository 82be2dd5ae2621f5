package io.bactrian.tokenizer.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The name {@code loop} inside a loop. */
final class Loop implements Attributed {
    private final List<?> items;
    private int index = -1;
    private @Nullable Object changing; // what changed() was last asked about

    Loop(List<?> items) {
        this.items = items;
    }

    Object next() {
        index++;
        return items.get(index);
    }

    @Override
    public Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) items.size() - index;
            case "revindex0" -> items.size() - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == items.size() - 1;
            case "length" -> (long) items.size();
            case "depth" -> 1L; // counts recursive loops alone
            case "depth0" -> 0L;
            case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("the item before the first");
            case "nextitem" ->
                index + 1 < items.size() ? items.get(index + 1) : new Undefined("the item after the last");
            case "cycle" -> (Callable) (given, budget) -> cycle(given.positional());
            case "changed" -> (Callable) (given, budget) -> isChanged(given.positional());
            default -> new Undefined("'" + name + "' of a loop");
        };
    }

    private Object cycle(List<Object> values) {
        if (values.isEmpty()) {
            throw new TemplateException("loop.cycle: nothing to go through");
        }
        return values.get(index % values.size());
    }

    private boolean isChanged(List<Object> value) {
        boolean changed = changing == null || !Values.equal(changing, value);
        changing = value;
        return changed;
    }
}
