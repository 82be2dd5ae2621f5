package io.bactrian.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.simulator.TransferRequest.Keep;
import io.bactrian.simulator.engine.ReadOutcome;
import io.bactrian.simulator.engine.Sequence;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The blocks of one sequence on their way to another server: promised, then offered, then read or lost. */
final class KeptBlocks {
    private final TransferDesk desk;
    private final Keep keep;
    private final String name;
    private @Nullable ObjectNode announcement;
    private boolean isOffered;
    private boolean isOver;

    KeptBlocks(TransferDesk desk, Keep keep, String name) {
        this.desk = desk;
        this.keep = keep;
        this.name = name;
    }

    /** Offers the blocks of a sequence that has ended; {@code ended} learns what became of them. */
    void offer(Sequence sequence, Consumer<ReadOutcome> ended) {
        desk.settle(name);
        isOffered = true;
        announcement = keep.isAnnounced() ? announcement(sequence) : null;
        desk.remote().offer(name, sequence, outcome -> {
            isOver = true;
            ended.accept(outcome);
        });
    }

    /** Tells whether the answer has to wait for the other server. */
    boolean isAwaited() {
        return keep.answersWhenRead() && !isOver;
    }

    boolean answersWhenRead() {
        return keep.answersWhenRead();
    }

    /** Returns {@code kv_transfer_params} of the answer, or null if it has none. */
    @Nullable
    ObjectNode announcement() {
        return announcement;
    }

    /** The answer is given up: what it has promised will not come, and what waits for its reader goes. */
    void abort() {
        if (!isOffered) {
            desk.settle(name);
        } else if (isAwaited()) {
            desk.remote().withdraw(name);
        }
    }

    private ObjectNode announcement(Sequence sequence) {
        ObjectNode parameters = JsonNodeFactory.instance
                .objectNode()
                .put("do_remote_prefill", true)
                .put("do_remote_decode", false);
        sequence.blockIds().forEach(parameters.putArray("remote_block_ids").addArray()::add);
        parameters
                .put("remote_engine_id", desk.engineId())
                .put("remote_request_id", name)
                .put("remote_host", TransferDesk.HOST)
                .put("remote_port", desk.port())
                .put("tp_size", 1);
        return keep.transferId().isEmpty() ? parameters : parameters.put("transfer_id", keep.transferId());
    }
}
