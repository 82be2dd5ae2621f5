package io.bactrian.step;

import io.bactrian.api.Dialect;
import io.bactrian.api.ErrorBody;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import java.net.ConnectException;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns a failure into a status and an error body in the client's dialect. */
public final class AnswerError implements Processor {

    /** Response header that says why a request was dropped (llm-d). */
    public static final String DROPPED_REASON = "x-llm-d-request-dropped-reason";

    /** Response header that says when to try again, in seconds. */
    public static final String RETRY_AFTER = "Retry-After";

    /** Response header that names the method a path takes. */
    public static final String ALLOW = "Allow";

    private static final Logger LOG = LoggerFactory.getLogger(AnswerError.class);
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVICE_UNAVAILABLE = 503;

    private final boolean standsAlone;

    /** Answers for a router of many endpoints. */
    public AnswerError() {
        this(false);
    }

    /** @param standsAlone whether there is one endpoint: if it cannot be reached, nobody is ready, and a retry helps */
    public AnswerError(boolean standsAlone) {
        this.standsAlone = standsAlone;
    }

    @Override
    public void process(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        InferenceException answer = failure instanceof InferenceException known
                ? known
                : new InferenceException(ErrorCode.INTERNAL, "the router failed; its log says why", failure);
        if (standsAlone && answer.getCause() instanceof ConnectException) {
            answer = new InferenceException(
                    ErrorCode.NO_ENDPOINT, "the decode engine is not ready: " + answer.getMessage(), answer);
        }
        if (answer.code() == ErrorCode.INTERNAL) {
            LOG.error(
                    "request {} failed at {}",
                    inference.requestId(),
                    exchange.getProperty(Exchange.FAILURE_ENDPOINT),
                    failure);
        }
        inference.setRefusal(answer);
        inference.finish().willEndAs(Outcome.REFUSED);
        Message message = exchange.getMessage();
        message.setBody(ErrorBody.json(
                Dialect.of(inference.target()), answer.code(), String.valueOf(answer.getMessage()), null));
        int status = answer.code().status();
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        if (status == SERVICE_UNAVAILABLE || status == TOO_MANY_REQUESTS) {
            message.setHeader(RETRY_AFTER, "1");
        }
        if (!answer.droppedReason().isEmpty()) {
            message.setHeader(DROPPED_REASON, answer.droppedReason());
        }
    }
}
