import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.CacheControlEphemeral;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.ImageBlockParam;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.TextBlockParam;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlockParam;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletionAssistantMessageParam;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputContent;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseInputText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Records what the official Java clients send, as record.py does for Python's: a server on 127.0.0.1 writes down each request, head and
 * body, byte by byte, and answers with the file of test-fixtures/apis/answers that belongs to its API, which the client has to understand.
 * From the project's folder:
 *
 * <pre>
 * ./mvnw -q dependency:build-classpath -Dmdep.outputFile=target/classpath
 * java -cp "$(cat target/classpath)" checks/record-clients/RecordJavaClients.java
 * </pre>
 */
public final class RecordJavaClients {
    private static final Path FIXTURES = Path.of("test-fixtures", "apis");
    private static final Map<String, String> ANSWERS = Map.of(
            "/v1/chat/completions", "chat",
            "/v1/completions", "completion",
            "/v1/responses", "response",
            "/v1/embeddings", "embedding",
            "/v1/messages", "message",
            "/v1/messages/count_tokens", "count");
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");

    private static final String MODEL = "asked-model";
    private static final String TEXT = "Zürich, \"quoted\" \\ and \n new line 🐫 </script>";
    private static final String PNG = Base64.getEncoder().encodeToString(png());
    private static final Map<String, Object> CITY =
            Map.of("type", "object", "properties", Map.of("city", Map.of("type", "string")), "required", List.of("city"));

    private static volatile String name = "";

    private RecordJavaClients() {}

    public static void main(String[] arguments) throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> serve(listener));
            server.setDaemon(true);
            server.start();
            String url = "http://127.0.0.1:" + listener.getLocalPort();
            recordOpenAi(OpenAIOkHttpClient.builder()
                    .baseUrl(url + "/v1")
                    .apiKey("sk-invented")
                    .maxRetries(0)
                    .build());
            recordAnthropic(AnthropicOkHttpClient.builder()
                    .baseUrl(url)
                    .apiKey("sk-ant-invented")
                    .maxRetries(0)
                    .build());
        }
        System.exit(0); // the clients keep threads
    }

    private static void serve(ServerSocket listener) {
        while (true) {
            try (Socket socket = listener.accept()) {
                answer(socket);
            } catch (IOException e) {
                return; // the listener is closed
            }
        }
    }

    private static void answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(in.read());
        }
        String text = head.toString(StandardCharsets.ISO_8859_1);
        Matcher length = LENGTH.matcher(text);
        if (!length.find()) {
            throw new IllegalStateException("a body without a length: " + text);
        }
        byte[] body = in.readNBytes(Integer.parseInt(length.group(1)));
        String path = text.split(" ", 3)[1].replaceFirst("\\?.*", "");
        boolean streams = new String(body, StandardCharsets.UTF_8).contains("\"stream\":true");
        ByteArrayOutputStream recorded = new ByteArrayOutputStream();
        recorded.writeBytes(anonymous(text).getBytes(StandardCharsets.ISO_8859_1));
        recorded.writeBytes(body);
        Files.write(FIXTURES.resolve("requests").resolve(name + ".http"), recorded.toByteArray());
        byte[] answer =
                Files.readAllBytes(FIXTURES.resolve("answers").resolve(ANSWERS.get(path) + (streams ? ".sse" : ".json")));
        OutputStream out = socket.getOutputStream();
        out.write(("HTTP/1.1 200 OK\r\nContent-Type: " + (streams ? "text/event-stream" : "application/json")
                        + "\r\nContent-Length: " + answer.length + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        out.write(answer);
        out.flush();
    }

    /** Leaves out what tells of the machine. */
    private static String anonymous(String head) {
        return head.lines()
                .filter(line -> !line.matches("(?i)(x-stainless-|user-agent:).*"))
                .map(line -> line.replaceFirst("(?i)^(host: ).*", "$1router"))
                .collect(Collectors.joining("\r\n", "", "\r\n"));
    }

    private static byte[] png() {
        byte[] png = new byte[66];
        byte[] head = "\u0089PNG\r\n\u001a\n\0\0\0\rIHDR\0\0\4\0\0\0\2\0\b\2\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(head, 0, png, 0, head.length);
        return png;
    }

    private interface Call {
        /** Makes one call and reads its answer to the end. */
        void make();
    }

    private static void record(String file, Call call) {
        name = file;
        call.make();
        System.out.println(file);
    }

    private static void all(StreamResponse<?> events) {
        try (events) {
            if (events.stream().count() == 0) {
                throw new IllegalStateException(name + ": no event");
            }
        }
    }

    private static void all(com.anthropic.core.http.StreamResponse<?> events) {
        try (events) {
            if (events.stream().count() == 0) {
                throw new IllegalStateException(name + ": no event");
            }
        }
    }

    private static void recordOpenAi(OpenAIClient client) {
        var chat = client.chat().completions();
        record("java-openai-chat", () -> chat.create(ChatCompletionCreateParams.builder()
                .model(MODEL)
                .addUserMessage("Hi")
                .maxCompletionTokens(7)
                .build()));
        record("java-openai-chat-tools", () -> chat.create(turns()
                .addTool(ChatCompletionFunctionTool.builder()
                        .function(FunctionDefinition.builder()
                                .name("weather")
                                .description("of a city")
                                .parameters(parameters())
                                .build())
                        .build())
                .seed(9007199254740993L)
                .build()));
        record("java-openai-chat-structured", () -> chat.create(ChatCompletionCreateParams.builder()
                .model(MODEL)
                .addUserMessage(TEXT)
                .responseFormat(Weather.class)
                .build()));
        record("java-openai-chat-stream", () -> all(chat.createStreaming(turns().build())));
        record("java-openai-chat-stream-usage", () -> all(chat.createStreaming(turns()
                .streamOptions(ChatCompletionStreamOptions.builder()
                        .includeUsage(true)
                        .build())
                .build())));
        var completions = client.completions();
        record("java-openai-completion", () -> completions.create(CompletionCreateParams.builder()
                .model(MODEL)
                .prompt(TEXT)
                .maxTokens(3)
                .build()));
        record("java-openai-completion-batch", () -> completions.create(CompletionCreateParams.builder()
                .model(MODEL)
                .promptOfArrayOfStrings(List.of("a", TEXT))
                .build()));
        record("java-openai-completion-token-lists", () -> completions.create(CompletionCreateParams.builder()
                .model(MODEL)
                .promptOfArrayOfTokenArrays(List.of(List.of(1L, 2L), List.of(4294967295L)))
                .build()));
        record("java-openai-completion-stream", () -> all(completions.createStreaming(CompletionCreateParams.builder()
                .model(MODEL)
                .prompt(TEXT)
                .build())));
        record("java-openai-embedding", () -> client.embeddings()
                .create(EmbeddingCreateParams.builder().model(MODEL).input(TEXT).build()));
        recordResponses(client);
    }

    private static void recordResponses(OpenAIClient client) {
        var responses = client.responses();
        record("java-openai-response", () -> responses.create(ResponseCreateParams.builder()
                .model(MODEL)
                .input(TEXT)
                .instructions("Be brief.")
                .maxOutputTokens(9)
                .build()));
        record("java-openai-response-follow-up", () -> responses.create(ResponseCreateParams.builder()
                .model(MODEL)
                .input("And then?")
                .previousResponseId("resp_0")
                .build()));
        record("java-openai-response-stream", () -> all(responses.createStreaming(ResponseCreateParams.builder()
                .model(MODEL)
                .conversation("conv_1")
                .inputOfResponse(items())
                .addTool(FunctionTool.builder()
                        .name("weather")
                        .parameters(FunctionTool.Parameters.builder()
                                .putAllAdditionalProperties(properties())
                                .build())
                        .strict(true)
                        .build())
                .build())));
    }

    private static ChatCompletionCreateParams.Builder turns() {
        return ChatCompletionCreateParams.builder()
                .model(MODEL)
                .addSystemMessage(TEXT)
                .addUserMessageOfArrayOfContentParts(List.of(
                        ChatCompletionContentPart.ofText(ChatCompletionContentPartText.builder()
                                .text("What is this?")
                                .build()),
                        ChatCompletionContentPart.ofImageUrl(ChatCompletionContentPartImage.builder()
                                .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                                        .url("data:image/png;base64," + PNG)
                                        .build())
                                .build())))
                .addMessage(ChatCompletionAssistantMessageParam.builder()
                        .addToolCall(ChatCompletionMessageFunctionToolCall.builder()
                                .id("c1")
                                .function(ChatCompletionMessageFunctionToolCall.Function.builder()
                                        .name("weather")
                                        .arguments("{\"city\":\"Z\"}")
                                        .build())
                                .build())
                        .build())
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId("c1")
                        .content("cold")
                        .build());
    }

    private static List<ResponseInputItem> items() {
        return List.of(
                ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                        .role(EasyInputMessage.Role.USER)
                        .contentOfResponseInputMessageContentList(List.of(
                                ResponseInputContent.ofInputText(
                                        ResponseInputText.builder().text(TEXT).build()),
                                ResponseInputContent.ofInputImage(ResponseInputImage.builder()
                                        .imageUrl("https://example.com/cat.png")
                                        .detail(ResponseInputImage.Detail.AUTO)
                                        .build())))
                        .build()),
                ResponseInputItem.ofFunctionCall(ResponseFunctionToolCall.builder()
                        .callId("c1")
                        .name("weather")
                        .arguments("{}")
                        .build()),
                ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                        .callId("c1")
                        .output("cold")
                        .build()));
    }

    private static FunctionParameters parameters() {
        return FunctionParameters.builder()
                .putAllAdditionalProperties(properties())
                .build();
    }

    private static Map<String, JsonValue> properties() {
        return Map.of("type", JsonValue.from("object"), "properties", JsonValue.from(CITY.get("properties")));
    }

    /** What a structured answer would be. */
    public static final class Weather {
        public String city = "";
        public int degrees;
    }

    private static void recordAnthropic(AnthropicClient client) {
        var messages = client.messages();
        record("java-anthropic-message", () -> messages.create(MessageCreateParams.builder()
                .model(MODEL)
                .maxTokens(64)
                .addUserMessage("Hi")
                .build()));
        record("java-anthropic-message-tools", () -> messages.create(
                anthropicTurns().system(TEXT).addTool(weather()).build()));
        record("java-anthropic-message-stream", () -> all(messages.createStreaming(anthropicTurns()
                .systemOfTextBlockParams(List.of(
                        TextBlockParam.builder().text("x-anthropic-billing-header: 1").build(),
                        TextBlockParam.builder().text("Be brief.").build()))
                .build())));
        record("java-anthropic-count", () -> messages.countTokens(MessageCountTokensParams.builder()
                .model(MODEL)
                .addUserMessageOfContentBlockParams(blocks())
                .addTool(weather())
                .build()));
    }

    private static List<ContentBlockParam> blocks() {
        return List.of(
                ContentBlockParam.ofText(TextBlockParam.builder()
                        .text(TEXT)
                        .cacheControl(CacheControlEphemeral.builder().build())
                        .build()),
                ContentBlockParam.ofImage(ImageBlockParam.builder()
                        .source(Base64ImageSource.builder()
                                .data(PNG)
                                .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
                                .build())
                        .build()));
    }

    private static MessageCreateParams.Builder anthropicTurns() {
        return MessageCreateParams.builder()
                .model(MODEL)
                .maxTokens(64)
                .addUserMessageOfContentBlockParams(blocks())
                .addAssistantMessageOfContentBlockParams(List.of(ContentBlockParam.ofToolUse(ToolUseBlockParam.builder()
                        .id("toolu_1")
                        .name("weather")
                        .input(ToolUseBlockParam.Input.builder()
                                .putAdditionalProperty("city", com.anthropic.core.JsonValue.from("Zürich"))
                                .build())
                        .build())))
                .addUserMessageOfContentBlockParams(
                        List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                                .toolUseId("toolu_1")
                                .content("cold")
                                .build())));
    }

    private static Tool weather() {
        return Tool.builder()
                .name("weather")
                .description("of a city")
                .inputSchema(Tool.InputSchema.builder()
                        .properties(com.anthropic.core.JsonValue.from(CITY.get("properties")))
                        .required(List.of("city"))
                        .build())
                .build();
    }
}
