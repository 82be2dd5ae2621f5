package io.bactrian.api;

import io.bactrian.request.Api;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads request bodies, each once and without copying or decoding what is long.
 *
 * <p>A body that two readers could understand differently is refused: a member given twice, text that is not UTF-8, anything
 * after the object. Safe between threads.
 */
public final class BodyReader {
    private final BodyParsers parsers;
    private final boolean trusts;

    /** Reads bodies of up to {@code maxBodyBytes}, from clients. */
    public BodyReader(int maxBodyBytes) {
        this(maxBodyBytes, false);
    }

    /**
     * Reads bodies of up to {@code maxBodyBytes}.
     *
     * @param trusts whether who sends them may say where KV blocks move
     */
    public BodyReader(int maxBodyBytes, boolean trusts) {
        this.trusts = trusts;
        parsers = new BodyParsers(maxBodyBytes);
    }

    /**
     * Reads one body. The prompt of the result is a view of {@code bytes}.
     *
     * @param id names the request
     * @param headers what the client sent before the body
     * @throws InferenceException BAD_REQUEST, with the place in the body, if it is not what {@code api} takes
     */
    public ClientBody read(String id, Api api, RequestHeaders headers, RequestBytes bytes) {
        if (!api.isJson()) {
            return unread(id, api, headers, bytes.length());
        }
        try (BodyWalk walk = BodyWalk.open(parsers, new ByteViews(bytes))) {
            return new BodyReading(api, walk, trusts).read(id, headers);
        }
    }

    /** Checks that {@code bytes} are one JSON object, whatever its members mean. */
    void check(RequestBytes bytes) {
        try (BodyWalk walk = BodyWalk.open(parsers, new ByteViews(bytes))) {
            walk.skipMembers();
            walk.finish();
        }
    }

    private static ClientBody unread(String id, Api api, RequestHeaders headers, int length) {
        InferenceRequest request = new InferenceRequest(
                id,
                api,
                "",
                "",
                "",
                false,
                false,
                OptionalInt.empty(),
                Prompt.NONE,
                length,
                new RequestContext(headers));
        return new ClientBody(request, 1, 0, 0, List.of(), BodyPlaces.NONE);
    }
}
