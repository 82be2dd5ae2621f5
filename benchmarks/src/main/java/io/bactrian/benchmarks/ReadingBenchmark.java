package io.bactrian.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bactrian.api.BodyReader;
import io.bactrian.api.ClientBody;
import io.bactrian.request.Api;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a chat request of 400 KB, about 100,000 tokens: as the router does, as a walk over Jackson's tokens that looks at none of
 * them, and into Jackson's tree.
 *
 * <p>The router reads direct buffers, as a socket fills them; Jackson has the same bytes in one array.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ReadingBenchmark {
    /** Of all messages together; the rest of the body is short. */
    private static final int TEXT_BYTES = 400_000;

    private static final int BUFFER_BYTES = 65_536;

    /** {@code message} is one message of text and line ends, {@code conversation} 200 of them, {@code chinese} one in three-byte characters. */
    @Param({"message", "conversation", "chinese"})
    private String body;

    private final SplittableRandom random = new SplittableRandom(1);
    private final BodyReader reader = new BodyReader(32 << 20);
    private final JsonFactory factory = new JsonFactory();
    private final ObjectMapper mapper = new ObjectMapper();
    private byte[] json = {};
    private RequestBytes received = RequestBytes.EMPTY;

    @Setup
    public void setUp() {
        json = document().getBytes(StandardCharsets.UTF_8);
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int from = 0; from < json.length; from += BUFFER_BYTES) {
            int length = Math.min(BUFFER_BYTES, json.length - from);
            buffers.add(ByteBuffer.allocateDirect(length)
                    .put(json, from, length)
                    .flip()
                    .asReadOnlyBuffer());
        }
        received = new RequestBytes.ArrayBytes(buffers, json.length);
    }

    private String document() {
        int messages = body.equals("conversation") ? 200 : 1;
        StringBuilder document =
                new StringBuilder("{\"model\":\"m\",\"stream\":true,\"max_tokens\":1000,\"messages\":[");
        for (int i = 0; i < messages; i++) {
            document.append(i == 0 ? "" : ",").append("{\"role\":\"").append(i % 2 == 0 ? "user" : "assistant");
            document.append("\",\"content\":\"");
            write(document, TEXT_BYTES / messages);
            document.append("\"}");
        }
        return document.append("]}").toString();
    }

    /** Words of two to nine characters, a line end (escaped, as JSON demands) after twelve of them. */
    private void write(StringBuilder document, int bytes) {
        boolean chinese = body.equals("chinese");
        int written = 0;
        for (int words = 1; written < bytes; words++) {
            int length = random.nextInt(2, 10);
            for (int i = 0; i < length; i++) {
                document.append((char) (chinese ? 0x4e00 + random.nextInt(0x5000) : 'a' + random.nextInt(26)));
            }
            document.append(words % 12 == 0 ? "\\n" : " ");
            written += length * (chinese ? 3 : 1) + 1;
        }
    }

    @Benchmark
    public ClientBody read() {
        return reader.read("id", Api.CHAT_COMPLETIONS, RequestHeaders.NONE, received);
    }

    @Benchmark
    public int tokenWalk() throws IOException {
        int tokens = 0;
        try (JsonParser parser = factory.createParser(json)) {
            while (parser.nextToken() != null) {
                tokens++;
            }
        }
        return tokens;
    }

    @Benchmark
    public JsonNode readTree() throws IOException {
        return mapper.readTree(json);
    }
}
