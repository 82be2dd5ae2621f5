package io.bactrian.api;

/**
 * Makes of a client's body one that computes the prompt and generates a single token, whatever the API. Nothing that the prompt
 * or its hash depends on is touched: both legs must agree on it.
 */
public final class Priming {
    private static final String GENERATE = "/inference/v1/generate";
    private static final String RESPONSES = "/v1/responses";
    private static final String ONE = "1";
    private static final String SAMPLING = "sampling_params";

    private Priming() {}

    /**
     * Returns the edits that prime a body.
     *
     * @param target the path it is sent to, perhaps with a query
     */
    public static BodyEdits prime(BodyPlaces places, String target) {
        BodyEdits edits = new BodyEdits(places);
        if (target.startsWith(GENERATE)) {
            generate(edits, places);
        } else if (target.startsWith(RESPONSES)) {
            edits.set("max_output_tokens", ONE);
        } else {
            tokens(edits);
        }
        return edits.set("stream", "false").remove("stream_options");
    }

    private static void tokens(BodyEdits edits) {
        edits.setIfPresent("max_completion_tokens", ONE)
                .set("max_tokens", ONE)
                .remove("min_tokens")
                .remove("min_completion_tokens")
                .setIfPresent("n", ONE)
                .remove("best_of")
                .remove("use_beam_search");
    }

    private static void generate(BodyEdits edits, BodyPlaces places) {
        if (places.json(SAMPLING).startsWith("{")) {
            edits.inside(SAMPLING, sampling -> sampling.set("max_tokens", ONE)
                    .remove("min_tokens")
                    .setIfPresent("n", ONE));
        } else {
            edits.set(SAMPLING, "{\"max_tokens\":1}");
        }
    }
}
