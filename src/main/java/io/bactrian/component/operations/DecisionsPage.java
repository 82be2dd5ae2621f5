package io.bactrian.component.operations;

import io.bactrian.request.RequestId;
import io.bactrian.scheduling.explain.DecisionLog;
import io.bactrian.scheduling.explain.DecisionRecord;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;

/** Shows on the operations port why the endpoint of a request was chosen: {@code GET /debug/decisions/<request id>}. */
public final class DecisionsPage {
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;

    private final DecisionLog decisions;

    public DecisionsPage(DecisionLog decisions) {
        this.decisions = decisions;
    }

    /** Adds the page to the operations port of {@code camel}, if it has one. */
    public void addTo(CamelContext camel) {
        ManagementHttpServer server = camel.hasService(ManagementHttpServer.class);
        if (server != null) {
            // On a worker thread: looking through a hundred thousand records takes milliseconds.
            server.getRouter().get("/debug/decisions/:id").blockingHandler(this::answer);
        }
    }

    private void answer(RoutingContext context) {
        String id = context.pathParam("id");
        HttpServerResponse response = context.response().putHeader("Content-Type", "application/json");
        if (!RequestId.isAllowed(id)) {
            response.setStatusCode(BAD_REQUEST)
                    .end(DecisionJson.error("request id (expected: " + RequestId.EXPECTED + ")"));
            return;
        }
        List<DecisionRecord> attempts = decisions.find(id);
        if (attempts.isEmpty()) {
            response.setStatusCode(NOT_FOUND)
                    .end(DecisionJson.error("no decision for request " + id
                            + " is kept (expected: one of the latest, see bactrian.decisions.capacity)"));
            return;
        }
        response.end(DecisionJson.of(id, attempts));
    }
}
