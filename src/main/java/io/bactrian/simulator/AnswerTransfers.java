package io.bactrian.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.TransferRequest.Keep;
import io.bactrian.simulator.TransferRequest.KvTransfer;
import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.Handoff;
import io.bactrian.simulator.engine.ReadOutcome;
import io.bactrian.simulator.engine.Sequence;
import io.bactrian.simulator.engine.TokenIds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All that one answer has to do with other servers. */
final class AnswerTransfers {
    private final TransferDesk desk;
    private final CompletionRequest request;
    private final @Nullable SharedKvStore store;
    // By sequence.
    private final Map<String, KeptBlocks> kept = new LinkedHashMap<>();
    private final Map<String, BlockPush> pushed = new LinkedHashMap<>();
    private Consumer<ApiError> onFailure = error -> {};

    AnswerTransfers(TransferDesk desk, CompletionRequest request, @Nullable SharedKvStore store) {
        this.desk = desk;
        this.request = request;
        this.store = store;
    }

    /** Says whom to tell that a transfer has failed without which there is no answer. */
    void onFailure(Consumer<ApiError> told) {
        onFailure = told;
    }

    /**
     * Returns what the sequence for one choice of a prompt does beside computing.
     *
     * @param prompt index of the prompt
     * @param choice index among the choices of that prompt; the blocks of the first have the name the router gave them
     */
    Handoff handoff(String sequenceId, int prompt, int choice, long cacheRoot) throws RequestRefused {
        KvTransfer transfer = request.transfer().prompts().get(prompt);
        TokenIds tokens = request.prompts().get(prompt);
        PromptSource source = new PromptSource(
                desk, request.transfer(), transfer.fetch(), store, tokens, cacheRoot, error -> onFailure.accept(error));
        Keep keep = transfer.keep();
        if (keep != null) {
            // A request for several choices keeps all their blocks, of which its answer can announce one set.
            boolean isNamed = choice == 0 && !keep.name().isEmpty();
            String name = isNamed ? keep.name() : sequenceId + '-' + desk.nextId();
            if (!desk.promise(name)) {
                throw new RequestRefused(ApiError.of(400, name + ": used before (expected: another one)"));
            }
            kept.put(sequenceId, new KeptBlocks(desk, keep, name));
        }
        if (transfer.push() != null) {
            pushed.put(sequenceId, new BlockPush(desk, transfer.push(), tokens, cacheRoot));
        }
        return new Handoff(source.isNeeded() ? source : null, keep != null);
    }

    /** A sequence has ended: what it kept is offered. */
    void finished(Sequence sequence, Runnable onRead) {
        BlockPush push = pushed.get(sequence.id());
        if (push != null) {
            push.begin(onRead);
        }
        KeptBlocks blocks = kept.get(sequence.id());
        if (blocks == null) {
            return;
        }
        if (sequence.finishReason() == FinishReason.LENGTH) {
            blocks.offer(sequence, outcome -> settled(blocks, outcome, onRead));
        } else {
            blocks.abort();
        }
    }

    /** Tells whether nothing may be written before the other leg has read. */
    boolean isAwaited() {
        return kept.values().stream().anyMatch(KeptBlocks::isAwaited);
    }

    /** Tells whether blocks are being pushed, and the answer has to wait. */
    boolean isPushing() {
        return pushed.values().stream().anyMatch(BlockPush::isUnderWay);
    }

    void abort() {
        pushed.values().forEach(BlockPush::abort);
        kept.values().forEach(KeptBlocks::abort);
    }

    /**
     * Returns the members of the answer that stand after its usage, each with a comma before it.
     *
     * @param firstToken the id of its first token
     */
    String members(int firstToken) {
        if (desk.role() == EndpointRole.NONE) {
            return "";
        }
        boolean tellsFirst = pushed.values().stream().anyMatch(BlockPush::returnsFirstToken);
        ObjectNode announcement = tellsFirst
                ? JsonNodeFactory.instance.objectNode().put("first_tok", Integer.toUnsignedLong(firstToken))
                : kept.values().stream()
                        .findFirst()
                        .map(KeptBlocks::announcement)
                        .orElse(null);
        return ",\"kv_transfer_params\":" + (announcement == null ? "null" : announcement.toString())
                + (isEncoding()
                        ? ",\"ec_transfer_params\":"
                                + desk.encodedParameters(request.transfer().media())
                        : "");
    }

    private boolean isEncoding() {
        return desk.role().encodes()
                && request.transfer().encoded().isEmpty()
                && !request.transfer().media().isEmpty();
    }

    private void settled(KeptBlocks blocks, ReadOutcome outcome, Runnable onRead) {
        if (!blocks.answersWhenRead()) {
            return;
        }
        if (outcome == ReadOutcome.READ) {
            onRead.run();
        } else {
            onFailure.accept(ApiError.of(500, "KV transfer failed: nobody came for the blocks"));
        }
    }
}
