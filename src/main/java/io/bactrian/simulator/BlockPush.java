package io.bactrian.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.simulator.TransferRequest.Push;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.TokenIds;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Blocks of one prompt on their way to another server that is to go on from them; the answer waits until they are there. */
final class BlockPush {
    private static final Logger LOG = LoggerFactory.getLogger(BlockPush.class);

    private final TransferDesk desk;
    private final Push push;
    private final long promptHash;
    private final int promptTokens;
    private Runnable cancel = () -> {};
    private boolean isUnderWay;
    private boolean isOver;

    BlockPush(TransferDesk desk, Push push, TokenIds prompt, long cacheRoot) {
        this.desk = desk;
        this.push = push;
        this.promptHash = InferenceEngine.promptHash(prompt, cacheRoot);
        this.promptTokens = prompt.size();
    }

    boolean isUnderWay() {
        return isUnderWay;
    }

    boolean returnsFirstToken() {
        return push.returnsFirstToken();
    }

    /** Pushes them; {@code ended} is run once they are there, or cannot get there, never within this call. */
    void begin(Runnable ended) {
        isUnderWay = true;
        cancel = desk.link().start(promptTokens, () -> {
            ObjectNode question = JsonNodeFactory.instance
                    .objectNode()
                    .put("prompt_hash", promptHash)
                    .put("tokens", promptTokens);
            cancel = desk.ask(push.to(), TransferDesk.PUSH, question, java.time.Duration.ZERO, answer -> {
                if (answer.status() != 200) {
                    LOG.warn(
                            "127.0.0.1:{} did not take pushed blocks: {}",
                            push.to().port(),
                            answer.status());
                }
                isUnderWay = false;
                if (!isOver) {
                    ended.run();
                }
            });
        });
    }

    void abort() {
        isOver = true;
        cancel.run();
    }
}
