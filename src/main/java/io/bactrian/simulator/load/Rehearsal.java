package io.bactrian.simulator.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;

/**
 * Plays requests and streamed answers through a connection without a network, before a run.
 *
 * <p>A cold virtual machine takes some hundred milliseconds to load and compile what a request needs, which would show
 * as lateness and as time to first token of the first requests. On two busy cores the largest lateness of a run of three
 * seconds fell from 205 and 675 ms to 59 and 32 ms.
 */
final class Rehearsal {
    private static final int ANSWERS = 100;
    private static final int EVENTS = 20;

    private static final String EVENT = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
    private static final String LAST_EVENTS =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}\n\ndata: [DONE]\n\n";
    private static final String HEAD = String.join(
            "\r\n", "HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked", "", "");

    private Rehearsal() {}

    /**
     * Plays streamed answers to {@code send}, which writes a request to the connection it is given.
     *
     * @param endpointHeader response header that names who served a request
     */
    static void play(String endpointHeader, BiConsumer<InFlight, Connection> send) {
        EmbeddedChannel channel = new EmbeddedChannel();
        Connection connection = new Connection(channel, new Nobody(), true, endpointHeader);
        channel.pipeline().addLast(new HttpClientCodec(), connection);
        WorkloadRequest request = new WorkloadRequest(Duration.ZERO, List.of(new PromptBlock(0, 100)), 1);
        Histogram gaps = Histograms.nanoseconds();
        for (int i = 0; i < ANSWERS; i++) {
            long now = System.nanoTime();
            send.accept(new InFlight(i, request, now, now, gaps), connection);
            channel.releaseOutbound();
            channel.writeInbound(bytes(HEAD));
            for (int event = 0; event < EVENTS; event++) {
                channel.writeInbound(chunk(EVENT));
            }
            channel.writeInbound(chunk(LAST_EVENTS), bytes("0\r\n\r\n"));
        }
        channel.finishAndReleaseAll();
    }

    private static ByteBuf chunk(String text) {
        return bytes(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
    }

    private static ByteBuf bytes(String ascii) {
        return Unpooled.copiedBuffer(ascii, StandardCharsets.US_ASCII);
    }

    /** Whom the results of a rehearsal go to. */
    private static final class Nobody implements Connection.Owner {
        @Override
        public void ended(Connection connection, InFlight inFlight, Outcome outcome) {
            inFlight.finish(outcome, System.nanoTime());
        }

        @Override
        public void stale(InFlight inFlight) {}
    }
}
