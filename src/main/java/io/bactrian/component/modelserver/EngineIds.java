package io.bactrian.component.modelserver;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.Mooncake;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ids that Mooncake's transfer engines give themselves, as the bootstrap port of each prefill server tells them. A restarted server
 * has others, so that they are believed for a while only, and not after a failure. Safe between threads.
 */
public final class EngineIds {
    /** Servers that have gone are forgotten when there are more. */
    private static final int MAX_SERVERS = 4096;

    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final JsonFactory FACTORY = new JsonFactory();

    private final ModelServerClient client;
    private final Map<Endpoint, Known> known = new ConcurrentHashMap<>();

    /**
     * Ids as they were told.
     *
     * @param ids each as a rank, a space and the id
     */
    private record Known(List<String> ids, long untilNanos) {}

    public EngineIds(ModelServerClient client) {
        this.client = client;
    }

    /** Tells {@code then} one of the ids of {@code prefill}, by chance: null if it cannot be found out, empty if none is needed. */
    void find(EventLoop loop, SplitRun split, EndpointState prefill, Consumer<@Nullable String> then) {
        if (!(split.connector() instanceof Mooncake mooncake)) {
            then.accept("");
            return;
        }
        Endpoint endpoint = prefill.endpoint();
        Known told = known.get(endpoint);
        if (told != null && told.untilNanos() - System.nanoTime() > 0) {
            then.accept(oneOf(told.ids()));
            return;
        }
        InetSocketAddress address =
                new InetSocketAddress(endpoint.address().getAddress(), mooncake.bootstrapPort(endpoint));
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/query", Unpooled.EMPTY_BUFFER);
        request.headers().set(HttpHeaderNames.HOST, address.getHostString() + ":" + address.getPort());
        Query query = new Query(ids -> {
            if (ids.isEmpty()) {
                then.accept(null);
                return;
            }
            if (known.size() >= MAX_SERVERS) {
                known.clear();
            }
            Duration believed = split.settings().mooncakeIdsFor();
            known.put(endpoint, new Known(ids, System.nanoTime() + believed.toNanos()));
            then.accept(oneOf(ids));
        });
        query.send(loop, address, request, split.settings().mooncakeQueryTimeout());
    }

    /** Asks {@code prefill} again next time: it may have been started anew. */
    void forget(@Nullable EndpointState prefill) {
        if (prefill != null) {
            known.remove(prefill.endpoint());
        }
    }

    private static String oneOf(List<String> ids) {
        return ids.get(ThreadLocalRandom.current().nextInt(ids.size()));
    }

    /** Reads {@code {"0":{"engine_id":"6f1f"},"1":{"engine_id":"77ac"}}}. */
    static List<String> read(byte[] body) {
        List<String> ids = new ArrayList<>();
        try (JsonParser parser = FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return List.of();
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String rank = parser.currentName();
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    parser.skipChildren();
                    continue;
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    boolean isId = parser.currentName().equals("engine_id");
                    boolean isText = parser.nextToken() == JsonToken.VALUE_STRING;
                    if (isId
                            && isText
                            && rank.matches("\\d{1,6}")
                            && parser.getText().matches("[\\w.:-]{1,256}")) {
                        ids.add(rank + " " + parser.getText());
                    }
                    parser.skipChildren();
                }
            }
            return ids;
        } catch (IOException e) {
            return List.of();
        }
    }

    private final class Query implements UpstreamListener {
        private final Consumer<List<String>> then;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private @Nullable UpstreamCall call;
        private @Nullable Future<?> deadline;
        private boolean over;
        private int status;

        Query(Consumer<List<String>> then) {
            this.then = then;
        }

        void send(EventLoop loop, InetSocketAddress address, DefaultFullHttpRequest request, Duration timeout) {
            deadline = loop.schedule(this::abort, timeout.toNanos(), TimeUnit.NANOSECONDS);
            UpstreamCall sent = client.send(loop, address, request, true, this);
            if (!over) {
                call = sent;
            }
        }

        private void abort() {
            if (call != null) {
                call.abort();
            }
            tell(List.of());
        }

        private void tell(List<String> ids) {
            if (!over) {
                over = true;
                if (deadline != null) {
                    deadline.cancel(false);
                }
                then.accept(ids);
            }
        }

        @Override
        public void onHead(HttpResponse head) {
            status = head.status().code();
        }

        @Override
        public void onContent(ByteBuf content) {
            byte[] piece = new byte[content.readableBytes()];
            content.readBytes(piece);
            content.release();
            if (body.size() + piece.length > MAX_ANSWER_BYTES) {
                abort();
            } else {
                body.writeBytes(piece);
            }
        }

        @Override
        public void onReadComplete() {}

        @Override
        public void onEnd(boolean delimited) {
            tell(status / 100 == 2 ? read(body.toByteArray()) : List.of());
        }

        @Override
        public void onFailure(UpstreamFailure failure, String message) {
            tell(List.of());
        }
    }
}
