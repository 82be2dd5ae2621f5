package io.bactrian.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class ResponseFlowConnectionTest {
    private static final byte[] WORDS = {'x'};

    private final Source source = new Source();
    private final ResponseFlow flow = new ResponseFlow(new BodyPassage(null));

    ResponseFlowConnectionTest() {
        flow.connect(source);
    }

    /** Counts what is asked of a connection. */
    private static final class Source implements UpstreamCall {
        private int pauses;
        private int resumes;

        @Override
        public void abort() {}

        @Override
        public void pause() {
            pauses++;
        }

        @Override
        public void resume() {
            resumes++;
        }
    }

    private void add(int bytes) {
        flow.add(Unpooled.wrappedBuffer(new byte[bytes]));
    }

    private void drain() {
        for (ByteBuf next = flow.poll(); next != null; next = flow.poll()) {
            next.release();
        }
    }

    @Test
    void pausesAboveTheHighWaterMarkAndResumesUnderTheLow() {
        add(ResponseFlow.HIGH_WATER_BYTES);
        assertThat(source.pauses).isZero();
        add(1);
        assertThat(source.pauses).isEqualTo(1);

        drain();

        assertThat(source.resumes).isEqualTo(1);
    }

    @Test
    void leavesTheConnectionAloneOnceItsAnswerHasEnded() {
        add(ResponseFlow.HIGH_WATER_BYTES + 1);
        flow.end();

        drain();

        assertThat(source.resumes).as("it may serve another request by now").isZero();
        assertThat(flow.isDrained()).isTrue();
    }

    @Test
    void leavesTheConnectionAloneAfterACut() {
        add(ResponseFlow.HIGH_WATER_BYTES + 1);
        flow.cut(WORDS);

        drain();

        assertThat(source.resumes).isZero();
    }
}
