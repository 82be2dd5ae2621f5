"""Records what the official clients send: python3 record.py (after pip install -r requirements.txt)

A server on 127.0.0.1 writes down each request, head and body, byte by byte, and answers with the file of
test-fixtures/apis/answers that belongs to its API, which the client then has to understand. Engines' own APIs have no
official client; Python's http.client stands in for one. Keys are invented, and versions of the machine are left out of heads.
"""

import base64
import http.client
import json
import re
import socket
import threading
from pathlib import Path

import anthropic
import openai

FIXTURES = Path(__file__).parents[2] / "test-fixtures" / "apis"
PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x04\x00\x00\x00\x02\x00\x08\x02\x00\x00\x00" + bytes(40)
).decode()
ANSWERS = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "completion",
    "/v1/responses": "response",
    "/v1/conversations": "conversation",
    "/v1/embeddings": "embedding",
    "/v1/images/generations": "image",
    "/v1/messages": "message",
    "/v1/messages/count_tokens": "count",
    "/inference/v1/generate": "generate",
    "/generate": "sglang",
    "/tokenize": "tokenize",
    "/detokenize": "tokenize",
}
TEXT = 'Zürich, "quoted" \\ and \n new line 🐫 </script>'
TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Recorder:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.name = ""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                self.serve(connection)

    def serve(self, connection):
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, body = received.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
        while len(body) < length:
            body += connection.recv(65536)
        path = head.split(b" ")[1].split(b"?")[0].decode()
        streams = json.loads(body).get("stream") is True
        answer = (FIXTURES / "answers" / (ANSWERS[path] + (".sse" if streams else ".json"))).read_bytes()
        (FIXTURES / "requests" / (self.name + ".http")).write_bytes(anonymous(head) + b"\r\n\r\n" + body)
        kind = b"text/event-stream" if streams else b"application/json"
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (kind, len(answer), answer)
        )


def anonymous(head):
    """Leaves out what tells of the machine."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"x-stainless-", b"user-agent:"))]
    return b"\r\n".join(re.sub(rb"(?i)^(host: ).*", rb"\1router", line) for line in lines)


recorder = Recorder()


def record(name, call, *arguments, **named):
    recorder.name = name
    result = call(*arguments, **named)
    if named.get("stream"):
        assert list(result), name
    print(name)


def record_openai():
    client = openai.OpenAI(base_url=recorder.url + "/v1", api_key="sk-invented", max_retries=0)
    model = "asked-model"
    tools = [{"type": "function", "function": {"name": "weather", "description": "of a city", "parameters": TOOL}}]
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}}
    turns = [
        {"role": "system", "content": TEXT},
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, image]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Z"}'}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "cold"},
    ]
    chat = client.chat.completions.create
    record("openai-chat", chat, model=model, messages=[{"role": "user", "content": "Hi"}], max_completion_tokens=7)
    record("openai-chat-tools", chat, model=model, messages=turns, tools=tools, seed=9007199254740993)
    record("openai-chat-stream", chat, model=model, messages=turns, stream=True)
    record("openai-chat-stream-usage", chat, model=model, messages=turns, stream=True, stream_options={"include_usage": True})
    record("openai-chat-salt", chat, model=model, messages=turns, extra_body={"cache_salt": "of one owner"})
    completion = client.completions.create
    record("openai-completion", completion, model=model, prompt=TEXT, max_tokens=3)
    record("openai-completion-batch", completion, model=model, prompt=["a", TEXT])
    record("openai-completion-tokens", completion, model=model, prompt=[1, 2, 4294967295])
    record("openai-completion-token-lists", completion, model=model, prompt=[[1, 2], [3]])
    record("openai-completion-stream", completion, model=model, prompt=TEXT, stream=True)
    response = client.responses.create
    record("openai-response", response, model=model, input=TEXT, instructions="Be brief.", max_output_tokens=9)
    record("openai-response-follow-up", response, model=model, input="And then?", previous_response_id="resp_0")
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": TEXT}, {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "auto"}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "cold"},
    ]
    flat = [{"type": "function", "name": "weather", "parameters": TOOL, "strict": True}]
    record("openai-response-stream", response, model=model, input=items, tools=flat, stream=True, conversation="conv_1")
    record("openai-conversation", client.conversations.create, items=[{"type": "message", "role": "user", "content": TEXT}], metadata={"topic": "camels"})
    record("openai-embedding", client.embeddings.create, model=model, input=TEXT, encoding_format="float")
    record("openai-embedding-batch", client.embeddings.create, model=model, input=["a", "b"], encoding_format="float")
    record("openai-image", client.images.generate, model=model, prompt=TEXT, n=1)


def record_anthropic():
    client = anthropic.Anthropic(base_url=recorder.url, api_key="sk-ant-invented", max_retries=0)
    model = "asked-model"
    blocks = [
        {"type": "text", "text": TEXT, "cache_control": {"type": "ephemeral"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ]
    turns = [
        {"role": "user", "content": blocks},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "cold?", "signature": "c2ln"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Zürich"}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "cold"}]}]},
    ]
    tools = [{"name": "weather", "description": "of a city", "input_schema": TOOL}]
    create = client.messages.create
    record("anthropic-message", create, model=model, max_tokens=64, messages=[{"role": "user", "content": "Hi"}])
    record("anthropic-message-tools", create, model=model, max_tokens=64, system=TEXT, messages=turns, tools=tools)
    system = [{"type": "text", "text": "x-anthropic-billing-header: 1"}, {"type": "text", "text": "Be brief."}]
    record("anthropic-message-stream", create, model=model, max_tokens=64, system=system, messages=turns, stream=True)
    record("anthropic-count", client.messages.count_tokens, model=model, messages=turns, tools=tools)


def post(path, body):
    connection = http.client.HTTPConnection(recorder.url.removeprefix("http://"))
    connection.request("POST", path, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.read(), path


def record_engines():
    features = {"mm_hashes": {"image": ["h1"]}, "mm_placeholders": {"image": [{"offset": 1, "length": 2}]}}
    generate = {"model": "asked-model", "token_ids": [1, 2, 2, 3], "features": features, "cache_salt": "s", "sampling_params": {"max_tokens": 16}, "stream": False}
    record("vllm-generate", post, "/inference/v1/generate", generate)
    record("vllm-tokenize", post, "/tokenize", {"model": "asked-model", "prompt": TEXT})
    record("vllm-detokenize", post, "/detokenize", {"model": "asked-model", "tokens": [1, 2]})
    sampling = {"temperature": 0, "max_new_tokens": 12}
    record("sglang-tokens", post, "/generate", {"input_ids": [1, 2, 3], "sampling_params": sampling, "extra_key": "s"})
    record("sglang-text", post, "/generate", {"text": TEXT, "sampling_params": sampling})
    record("sglang-stream", post, "/generate", {"input_ids": [1, 2, 3], "sampling_params": sampling, "stream": True})


record_openai()
record_anthropic()
record_engines()
