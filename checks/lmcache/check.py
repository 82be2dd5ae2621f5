"""The notices of LMCache's senders by the real ZeroMQ and msgspec: python3 check.py path/to/bactrian.jar

The model servers are stand-ins that speak LMCache's proxy protocol; what is real is the library that pushes the notices and the one that
writes them.
"""

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import zmq

JAR = sys.argv.pop()
POLICY = """apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
- type: decode-filter
- type: prefill-filter
- type: always-disagg-pd-decider
- type: disagg-profile-handler
  parameters: {deciders: {prefill: {pluginRef: always-disagg-pd-decider}}}
schedulingProfiles:
- {name: decode, plugins: [{pluginRef: decode-filter}]}
- {name: prefill, plugins: [{pluginRef: prefill-filter}]}
"""


class ProxyNotif(msgspec.Struct, tag=True):
    """As LMCache declares it."""

    req_id: str


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ModelServer(ThreadingHTTPServer):
    """Answers completions with ``text``; ``asked`` hears of each before it is answered."""

    def __init__(self, text, asked):
        self.text, self.asked = text, asked
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send(404, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            self.send(200, {"tokens": [64, 65]})
            return
        self.server.asked(body)
        choice = {"index": 0, "text": self.server.text, "logprobs": None, "finish_reason": "length"}
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": 1, "total_tokens": len(body["prompt"]) + 1}
        self.send(200, {"id": "c", "object": "text_completion", "created": 1, "model": "demo", "choices": [choice],
                        "usage": usage, "kv_transfer_params": {"first_tok": 70}})  # fmt: skip

    def send(self, status, answer):
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Notices(unittest.TestCase):
    def setUp(self):
        self.prefilled, self.decoded = [], threading.Event()
        self.computed = threading.Event()
        self.prefill = ModelServer(" F", self.note_prefill)
        self.decode = ModelServer("oo", lambda body: self.decoded.set())
        self.folder = tempfile.TemporaryDirectory()
        endpoints, policy = Path(self.folder.name, "endpoints.yaml"), Path(self.folder.name, "policy.yaml")
        endpoints.write_text(
            "endpoints:\n"
            + "".join(
                f"- {{name: {role}, address: 127.0.0.1, port: {server.server_port}, labels: {{llm-d.ai/role: {role}}}}}\n"
                for role, server in (("prefill", self.prefill), ("decode", self.decode))
            )
        )
        policy.write_text(POLICY)
        self.port, self.notify_port = free_port(), free_port()
        pool = "bactrian.pools.demo."
        properties = {
            "bactrian.http.port": self.port,
            "camel.management.port": free_port(),
            "bactrian.drain.delay": "0s",
            pool + "models": "demo",
            pool + "endpoints-file": endpoints,
            pool + "scheduling-file": policy,
            pool + "split.kv-connector": "lmcache",
            pool + "split.lmcache.notify-port": self.notify_port,
            pool + "split.lmcache.tp-size": 2,
        }
        command = ["java", *(f"-D{name}={value}" for name, value in properties.items()), "-jar", JAR, "serve"]
        self.router = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.await_port(self.port)
        self.context = zmq.Context()

    def tearDown(self):
        self.context.destroy(linger=0)
        self.router.send_signal(signal.SIGTERM)
        self.router.wait(60)
        self.prefill.stop()
        self.decode.stop()
        self.folder.cleanup()

    def note_prefill(self, body):
        self.prefilled.append(body)
        self.computed.set()

    def await_port(self, port):
        for _ in range(600):
            if self.router.poll() is not None:
                raise RuntimeError("the router did not start")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            threading.Event().wait(0.1)
        raise RuntimeError("nobody listens")

    def test_decode_is_asked_once_each_rank_has_told(self):
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.ask()))
        client.start()
        self.assertTrue(self.computed.wait(30))
        name = self.prefilled[0]["kv_transfer_params"]["disagg_spec"]["req_id"]
        for rank in range(2):
            self.assertFalse(self.decoded.wait(0.5), f"decode was asked before rank {rank} told")
            with self.context.socket(zmq.PUSH) as sender:
                sender.connect(f"tcp://127.0.0.1:{self.notify_port}")
                sender.send(msgspec.msgpack.encode(ProxyNotif(req_id="somebody-else's")))
                sender.send(msgspec.msgpack.encode(ProxyNotif(req_id=name)))
        client.join(30)

        self.assertEqual([(200, " Foo")], answers)

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/v1/completions", json.dumps({"model": "demo", "prompt": "abc", "max_tokens": 8}))
            response = connection.getresponse()
            return response.status, json.loads(response.read())["choices"][0]["text"]
        finally:
            connection.close()


if __name__ == "__main__":
    outcome = unittest.main(verbosity=2, exit=False).result
    failed = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed or outcome.testsRun == 0 else 0)
