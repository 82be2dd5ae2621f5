package io.bactrian.engine.connector;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.BodyEdits;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * SGLang's bootstrap rendezvous: both servers get the same body with the address of the prefill server's bootstrap port and a
 * room of their own, and meet there. A batch of prompts takes a room for each.
 */
final class Sglang implements KvConnector {
    private static final String PORT_LABEL = "sglang.ai/bootstrap-port";

    /** Of SGLang's own API: the answer is to tell the log probabilities of the prompt's tokens, which the prefill server knows. */
    private static final String RETURN_LOGPROB = "return_logprob";

    private final int bootstrapPort;

    Sglang(int bootstrapPort) {
        this.bootstrapPort = bootstrapPort;
    }

    @Override
    public String name() {
        return "sglang";
    }

    @Override
    public Order order() {
        return Order.TOGETHER;
    }

    @Override
    public boolean servesAnyDecode() {
        return false;
    }

    @Override
    public boolean takes(SplitRequest request) {
        return request.choices() == 1;
    }

    @Override
    public boolean holdsAnswer(SplitRequest request) {
        return request.prompts() == 1 && request.places().json(RETURN_LOGPROB).equals("true");
    }

    @Override
    public AnswerCorrection correction(PrefillAnswer prefill) {
        return new AnswerCorrection(AnswerCorrection.AS_REPORTED, prefill.inputLogprobs());
    }

    @Override
    public Handoff begin(SplitRequest request) {
        int prompts = request.prompts();
        String host = '"' + request.prefillHost() + '"';
        String port = String.valueOf(request.prefillPort(PORT_LABEL, bootstrapPort));
        BodyEdits edits = request.original()
                .set("bootstrap_host", each(prompts, () -> host))
                .set("bootstrap_port", each(prompts, () -> port))
                .set("bootstrap_room", each(prompts, Sglang::room));
        Leg both = new Leg(edits.splices());
        return new Handoff() {
            @Override
            public Leg prefill() {
                return both;
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                return both;
            }
        };
    }

    /** 63 bits at random: rooms only have to differ from those that are in use. */
    private static String room() {
        return Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
    }

    private static String each(int prompts, Supplier<String> value) {
        return prompts == 1
                ? value.get()
                : Stream.generate(value).limit(prompts).collect(Collectors.joining(",", "[", "]"));
    }
}
