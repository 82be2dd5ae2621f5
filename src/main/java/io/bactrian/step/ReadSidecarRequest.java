package io.bactrian.step;

import io.bactrian.api.BodyReader;
import io.bactrian.api.ClientBody;
import io.bactrian.exchange.ClientHead;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * Reads a request to the engine beside us: the body of one that may be split, of any other the head alone. Nothing is refused for its
 * path, and nothing is changed: the engine answers.
 */
public final class ReadSidecarRequest extends AsyncProcessorSupport {
    /** By path; all are posted. */
    private static final Map<String, Api> SPLITTABLE = Map.of(
            "/v1/chat/completions", Api.CHAT_COMPLETIONS,
            "/v1/completions", Api.COMPLETIONS,
            "/v1/messages", Api.MESSAGES,
            "/v1/responses", Api.RESPONSES,
            "/inference/v1/generate", Api.GENERATE);

    private final ReadRequest readRequest;
    private final BodyReader reader;
    private final LongWork longWork;

    /**
     * @param readRequest begins requests
     * @param reader reads what a router sends, who may say where KV blocks move
     * @param workers read long bodies
     */
    public ReadSidecarRequest(ReadRequest readRequest, BodyReader reader, Executor workers) {
        this.readRequest = readRequest;
        this.reader = reader;
        this.longWork = new LongWork(workers);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        InferenceExchange inference = InferenceExchange.toRead(exchange);
        readRequest.begin(inference);
        ClientHead head = inference.head();
        String id = ReadRequest.requestId(head);
        String target = head.target();
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        inference.setTarget(id, target);
        Message message = exchange.getMessage();
        message.setHeader(InferenceExchange.REQUEST_ID, id);
        message.setHeader(Exchange.HTTP_METHOD, head.method());
        message.setHeader(Exchange.HTTP_PATH, path);
        Api api = head.method().equals("POST") ? SPLITTABLE.getOrDefault(path, Api.PASSTHROUGH) : Api.PASSTHROUGH;
        message.setHeader(InferenceExchange.API, api.name());
        return longWork.run(exchange, callback, inference, () -> readBody(exchange, inference, api));
    }

    private void readBody(Exchange exchange, InferenceExchange inference, Api api) {
        try {
            ClientBody read = reader.read(inference.requestId(), api, inference.head()::header, inference.body());
            inference.setClientBody(read);
            inference.setRequest(read.request(), List.of()); // usage is reported if whoever asks wants it
            exchange.getMessage()
                    .setHeader(InferenceExchange.MODEL, read.request().model());
        } catch (InferenceException e) {
            exchange.setException(e);
        }
    }
}
