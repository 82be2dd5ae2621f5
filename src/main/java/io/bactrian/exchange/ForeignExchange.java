package io.bactrian.exchange;

import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.RequestBytes;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.SynchronizationAdapter;

/** A request that a timer, a test or somebody else's route makes: it ends with its exchange. */
final class ForeignExchange {
    private static final String DEFAULT_TARGET = "/v1/chat/completions";

    private ForeignExchange() {}

    static InferenceExchange begin(Exchange exchange) {
        Finish finish = new Finish();
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                finish.end(done.isFailed() ? Outcome.REFUSED : Outcome.COMPLETED);
            }
        });
        byte[] body = exchange.getMessage().getBody(byte[].class);
        RequestBytes bytes = body == null ? RequestBytes.EMPTY : RequestBytes.of(body);
        return InferenceExchange.begin(exchange, finish, new MessageHead(exchange.getMessage()), bytes, Runnable::run);
    }

    /** Reads the head from Camel's HTTP headers, of which none is needed. */
    private record MessageHead(String method, String target, List<Map.Entry<String, String>> headers)
            implements ClientHead {

        MessageHead(Message message) {
            this(
                    message.getHeader(Exchange.HTTP_METHOD, "POST", String.class),
                    message.getHeader(Exchange.HTTP_PATH, DEFAULT_TARGET, String.class),
                    wireHeaders(message));
        }

        /** Camel's own headers are not for the wire. */
        private static List<Map.Entry<String, String>> wireHeaders(Message message) {
            return message.getHeaders().entrySet().stream()
                    .filter(header -> header.getValue() instanceof String)
                    .filter(header -> !header.getKey().startsWith("Camel")
                            && !header.getKey().startsWith("Bactrian"))
                    .map(header -> Map.entry(header.getKey(), (String) header.getValue()))
                    .collect(Collectors.toList());
        }

        @Override
        public boolean isHttp10() {
            return false;
        }
    }
}
