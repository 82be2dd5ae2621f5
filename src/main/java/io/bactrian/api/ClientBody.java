package io.bactrian.api;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.bactrian.request.InferenceRequest;
import java.util.List;

/**
 * A request body as read: what it asks, and how its bytes may be patched.
 *
 * @param request what the client asks
 * @param choices how many answers the client wants to each prompt (OpenAI {@code n})
 * @param modelStart offset of the first byte of the model's value, its quote; 0 if the body names none
 * @param modelEnd offset behind the model's value; 0 if the body names none
 * @param usageSplices what makes the model server report token usage at the end of the stream; empty if the client asked for it
 *     itself or wants no stream
 * @param places where the members are that a split of prefill and decode rewrites
 */
public record ClientBody(
        InferenceRequest request,
        int choices,
        int modelStart,
        int modelEnd,
        List<Splice> usageSplices,
        BodyPlaces places) {
    public ClientBody {
        usageSplices = List.copyOf(usageSplices);
    }

    /** Returns the change that names another model. */
    public Splice renameModel(String model) {
        if (modelEnd == 0) {
            throw new IllegalStateException("the body names no model");
        }
        String quoted = '"' + new String(JsonStringEncoder.getInstance().quoteAsString(model)) + '"';
        return new Splice(modelStart, modelEnd - modelStart, quoted);
    }
}
