package io.bactrian.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes well-formed JSON answers, with {@code '} for {@code "}, in which usage stands in likely and unlikely places. */
final class AnswerBodies {
    private static final List<String> NAMES = List.of(
            "usage",
            "response",
            "choices",
            "prompt_tokens",
            "input_tokens",
            "completion_tokens",
            "total_tokens",
            "cached_tokens",
            "prompt_tokens_details",
            "x_details",
            "a");
    private static final List<String> SCALARS = List.of(
            "1",
            "20",
            "0",
            "1234567890",
            "-3",
            "4.5",
            "6e1",
            "true",
            "null",
            "'7'",
            "'usage'",
            "'\\'usage'",
            "'}'",
            "'x\\\\'",
            "''");

    private AnswerBodies() {}

    static String random(Random random) {
        StringBuilder body = new StringBuilder();
        object(random, body, 0);
        return body.append(random.nextBoolean() ? "" : "\n").toString();
    }

    private static void object(Random random, StringBuilder body, int depth) {
        List<String> names = new ArrayList<>(NAMES);
        body.append('{');
        int members = random.nextInt(5);
        for (int i = 0; i < members; i++) {
            // A usage in every other object; no name twice, for which readers may differ.
            String name = depth == 0 && i == members - 1 && names.contains("usage") ? "usage" : pick(random, names);
            names.remove(name);
            body.append(i == 0 ? "" : ",")
                    .append(space(random))
                    .append('\'')
                    .append(name)
                    .append('\'');
            body.append(space(random)).append(':').append(space(random));
            value(random, body, depth + 1);
        }
        body.append(space(random)).append('}');
    }

    private static void value(Random random, StringBuilder body, int depth) {
        int kind = random.nextInt(8);
        if (depth < 4 && kind < 3) {
            object(random, body, depth);
        } else if (depth < 4 && kind == 3) {
            body.append('[');
            value(random, body, depth + 1);
            body.append(']');
        } else {
            body.append(pick(random, SCALARS));
        }
    }

    private static String space(Random random) {
        return random.nextInt(6) == 0 ? " " : "";
    }

    private static String pick(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}
