package io.bactrian.component.modelserver;

import java.util.List;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Send an inference request to the endpoint that was picked for it and take its answer back. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "model-server",
        title = "Model Server",
        syntax = "model-server:role",
        producerOnly = true,
        category = {Category.AI, Category.HTTP})
public final class ModelServerEndpoint extends DefaultEndpoint {

    private static final List<String> ROLES = List.of("encode", "prefill", "decode");

    /** What becomes of the answer. */
    public enum Response {
        /** Streamed, if the request came through the HTTP door, else in memory. */
        auto,
        /** Streamed to the client that waits at the HTTP door. */
        stream,
        /** Read to its end and set as the message body. */
        buffer
    }

    @UriPath(enums = "encode,prefill,decode", description = "What the endpoint is to do.")
    @Metadata(required = true)
    private String role;

    @UriParam(
            defaultValue = "auto",
            description = "Whether the answer is streamed to the waiting client or read into the message body.")
    private Response response = Response.auto;

    @UriParam(
            defaultValue = "16777216",
            description = "Longest answer, in bytes, that is read into the message body; a longer one fails.")
    private int maxResponseBytes = 16 * 1024 * 1024;

    @UriParam(
            defaultValue = "0",
            description =
                    "How many tokens of a chat's answer the model server generates at a time, by a request each; 0 for all"
                            + " of them at once.")
    private int chunkTokens;

    ModelServerEndpoint(String uri, ModelServerComponent component, String role) {
        super(uri, component);
        if (!ROLES.contains(role)) {
            throw new IllegalArgumentException(
                    "model-server:" + role + " (expected: model-server: and one of " + ROLES + ")");
        }
        this.role = role;
    }

    @Override
    public Producer createProducer() {
        return new ModelServerProducer(this, ((ModelServerComponent) getComponent()).services());
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException("model-server: can only be sent to");
    }

    public String getRole() {
        return role;
    }

    public void setRole(String role) {
        this.role = role;
    }

    public Response getResponse() {
        return response;
    }

    public void setResponse(Response response) {
        this.response = response;
    }

    public int getChunkTokens() {
        return chunkTokens;
    }

    public void setChunkTokens(int chunkTokens) {
        this.chunkTokens = chunkTokens;
    }

    public int getMaxResponseBytes() {
        return maxResponseBytes;
    }

    public void setMaxResponseBytes(int maxResponseBytes) {
        this.maxResponseBytes = maxResponseBytes;
    }
}
