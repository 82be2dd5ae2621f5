"""A real Envoy in front of simulated model servers, told by Bactrian where to send requests, with the shipped configurations:
python3 check.py path/to/envoy path/to/bactrian.jar"""

import asyncio
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

JAR = sys.argv.pop()
ENVOY = sys.argv.pop()
CONFIGURATIONS = pathlib.Path(__file__).resolve().parents[2] / "k8s" / "envoy"
STREAMS = int(os.environ.get("STREAMS", "2000"))
PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for: {what}")


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS) as answer:
        return answer.read().decode()


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


class ModelServers:
    """Two simulated model servers."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["java", "-Xmx600m", "-jar", JAR, "simulate", "--servers=2", "--profile=instant", "--max-num-seqs=4000", "--max-num-batched-tokens=8192",
             "--max-waiting-queue-length=4000"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ports = []
        while len(self.ports) < 2:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the model servers did not start")
            for word in line.replace(",", " ").split():
                if word.startswith("http://127.0.0.1:"):
                    self.ports.append(int(word.rsplit(":", 1)[1]))


class Picker:
    """Bactrian in the role endpoint-picker."""

    def __init__(self, servers, port, *properties):
        self.metrics = free_port()
        endpoints = ",".join(f"127.0.0.1:{server}" for server in servers.ports)
        settings = {
            "bactrian.role": "endpoint-picker",
            "bactrian.ext-proc.port": port,
            "bactrian.ext-proc.health-port": free_port(),
            "bactrian.pools.main.models": "demo",
            "bactrian.pools.main.endpoints": endpoints,
            "bactrian.drain.delay": "0s",
            "camel.management.port": self.metrics,
        }
        settings.update(property.split("=", 1) for property in properties)
        self.log = tempfile.NamedTemporaryFile("w+", prefix="picker-", suffix=".log")
        self.process = subprocess.Popen(
            ["java", "-Xmx700m"] + [f"-D{key}={value}" for key, value in settings.items()] + ["-jar", JAR, "serve"],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.startswith("serving "):
                return
        raise RuntimeError("the picker did not start: " + pathlib.Path(self.log.name).read_text())

    def value(self, name):
        """Returns the sum of a metric over its labels."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in get(self.metrics, "/observe/metrics").splitlines()
                   if line.startswith(name + " ") or line.startswith(name + "{"))

    def in_flight(self):
        return self.value("bactrian_requests_under_way")


class Proxy:
    """Envoy with a shipped configuration, of which nothing is changed but the ports."""

    def __init__(self, configuration, picker, servers, change=lambda text: text):
        self.port = free_port()
        self.admin = free_port()
        text = (CONFIGURATIONS / configuration).read_text()
        for old, new in ((8080, self.port), (9901, self.admin), (9002, picker), (8000, servers.ports[0]), (8001, servers.ports[1])):
            text = text.replace(f"port_value: {old}}}", f"port_value: {new}}}")
        self.file = tempfile.NamedTemporaryFile("w", prefix="envoy-", suffix=".yaml")
        self.file.write(change(text))
        self.file.flush()
        command = [ENVOY, "-c", self.file.name, "--disable-hot-restart", "--log-level", "error"]
        subprocess.run([ENVOY, "--mode", "validate", "-c", str(CONFIGURATIONS / configuration)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(command + ["--concurrency", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: get(self.admin, "/ready").startswith("LIVE"), "Envoy")

    def send(self, body, method="POST", path="/v1/chat/completions", headers=None, chunks=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body=chunks or body, headers=headers or {"content-type": "application/json"},
                               encode_chunked=chunks is not None)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()


def chat(stream=False, max_tokens=8, pad=0, **more):
    return json.dumps({"model": "demo", "stream": stream, "max_tokens": max_tokens,
                       "messages": [{"role": "user", "content": "Why is a camel not a horse?"}], "pad": "x" * pad, **more})


class Suite:
    """The same for every way in which Envoy connects to the endpoint that is named."""

    configuration = ""

    @classmethod
    def setUpClass(cls):
        cls.running = []
        cls.servers = cls.start(ModelServers())
        cls.picker_port = free_port()
        cls.picker = cls.start(Picker(cls.servers, cls.picker_port))
        cls.proxy = cls.start(Proxy(cls.configuration, cls.picker_port, cls.servers))

    @classmethod
    def start(cls, what):
        cls.running.append(what.process)
        return what

    @classmethod
    def tearDownClass(cls):
        for process in reversed(cls.running):
            if process.poll() is None:
                stop(process)

    def tearDown(self):
        if self.picker.process.poll() is None:
            wait_for(lambda: self.picker.in_flight() == 0, "nothing in flight")

    def test_answers_a_chat(self):
        status, body, headers = self.proxy.send(chat())
        self.assertEqual(200, status, body)
        self.assertEqual("chat.completion", json.loads(body)["object"])
        self.assertEqual("true", headers["x-went-into-resp-headers"])

    def test_streams_a_chat_and_counts_its_tokens(self):
        before = self.picker.value("llm_d_epp_request_output_tokens_sum")
        status, body, _ = self.proxy.send(chat(stream=True, max_tokens=50, stream_options={"include_usage": True}))
        self.assertEqual(200, status, body)
        self.assertTrue(body.endswith(b"data: [DONE]\n\n"), body[-100:])
        usage = json.loads(body.split(b"data: ")[-2])["usage"]
        wait_for(lambda: self.picker.value("llm_d_epp_request_output_tokens_sum") - before == usage["completion_tokens"],
                 "the tokens that the model server reports")

    def test_takes_long_bodies(self):
        for megabytes in (1.5, 10):
            status, body, _ = self.proxy.send(chat(pad=int(megabytes * 1024 * 1024)))
            self.assertEqual(200, status, body)

    def test_takes_a_body_in_chunks(self):
        text = chat(pad=200_000).encode()
        status, body, _ = self.proxy.send(None, chunks=(text[i:i + 7000] for i in range(0, len(text), 7000)))
        self.assertEqual(200, status, body)

    def test_takes_trailers(self):
        body = chat().encode()
        with socket.create_connection(("127.0.0.1", self.proxy.port), PATIENCE_SECONDS) as client:
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                           b"transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n%x\r\n%s\r\n0\r\nx-sum: 1\r\n\r\n" % (len(body), body))
            self.assertIn(b"200 OK", client.recv(4096))

    def test_passes_a_request_without_a_body(self):
        status, body, _ = self.proxy.send(None, method="GET", path="/v1/models")
        self.assertEqual(200, status, body)
        self.assertEqual("demo", json.loads(body)["data"][0]["id"])

    def test_refuses_what_cannot_be_served(self):
        status, body, _ = self.proxy.send("{")
        self.assertEqual((400, b"inference error: BadRequest"), (status, body[:27]))
        status, body, _ = self.proxy.send(chat(model="other").replace('"demo"', '"other"'))
        self.assertEqual((404, b"inference error: NotFound"), (status, body[:25]))

    def test_notices_clients_that_leave(self):
        for wait_for_bytes in (False, True):
            client = socket.create_connection(("127.0.0.1", self.proxy.port), PATIENCE_SECONDS)
            body = chat(stream=True, max_tokens=100_000).encode()
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                           b"content-length: %d\r\n\r\n%s" % (len(body), body))
            if wait_for_bytes:
                self.assertTrue(client.recv(100))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
            wait_for(lambda: self.picker.in_flight() == 0, "the load of a client that left")

    def test_serves_many_streams_at_once(self):
        before = self.picker.value("llm_d_epp_request_total")
        answers = asyncio.run(self.many(STREAMS))
        self.assertEqual(STREAMS, sum(answers), "streams that came whole")
        wait_for(lambda: self.picker.value("llm_d_epp_request_total") - before == STREAMS, "every request counted")

    async def many(self, count):
        head = chat(stream=True, max_tokens=20).encode()
        together = asyncio.Barrier(count) if hasattr(asyncio, "Barrier") else None

        async def one():
            reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
            try:
                if together:
                    await asyncio.wait_for(together.wait(), PATIENCE_SECONDS)
                writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                             b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(head), head))
                answer = await asyncio.wait_for(reader.read(-1), 2 * PATIENCE_SECONDS)
                return answer.startswith(b"HTTP/1.1 200") and b"data: [DONE]" in answer
            finally:
                writer.close()

        return await asyncio.gather(*(one() for _ in range(count)))

    def test_z_goes_on_after_a_restart_of_the_picker(self):
        stop(self.picker.process)
        status, body, _ = self.proxy.send(chat())
        self.assertEqual(self.status_without_picker, status, body)
        type(self).picker = self.start(Picker(self.servers, self.picker_port))
        wait_for(lambda: self.proxy.send(chat())[2].get("x-went-into-resp-headers") == "true", "a picked request")


class OriginalDestination(Suite, unittest.TestCase):
    """The cluster connects to the address in the header; without a picker requests fail."""

    configuration = "original-destination.yaml"
    status_without_picker = 500


class HostOverride(Suite, unittest.TestCase):
    """The cluster takes the endpoint in the metadata; without a picker requests fail."""

    configuration = "host-override.yaml"
    status_without_picker = 500


class FailOpen(Suite, unittest.TestCase):
    """Envoy keeps bodies; without a picker it balances by itself."""

    configuration = "fail-open.yaml"
    status_without_picker = 200


class Fallback(unittest.TestCase):
    """An endpoint that cannot be reached is followed by the next of the list, which then counts as load."""

    def test_goes_down_the_list(self):
        servers = ModelServers()
        port = free_port()
        policy = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        policy.write(TWO_ENDPOINTS)
        policy.flush()
        dead = free_port()
        picker = Picker(servers, port, f"bactrian.pools.main.scheduling-file={policy.name}",
                        f"bactrian.pools.main.endpoints=127.0.0.1:{dead},127.0.0.1:{servers.ports[0]}")
        living = servers.ports[0]
        servers.ports = [dead, living]
        retry = ("cluster: endpoints\n                            retry_policy: {retry_on: connect-failure, num_retries: 2}")
        proxy = Proxy("host-override.yaml", port, servers, lambda text: text.replace("cluster: endpoints", retry, 1))
        try:
            for _ in range(20):
                status, body, headers = proxy.send(chat())
                self.assertEqual(200, status, body)
            wait_for(lambda: picker.in_flight() == 0, "nothing in flight")
        finally:
            for process in (proxy.process, picker.process, servers.process):
                stop(process)


TWO_ENDPOINTS = """
apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
  - type: random-picker
    parameters: {maxNumOfEndpoints: 2}
  - type: single-profile-handler
schedulingProfiles:
  - name: default
    plugins:
      - pluginRef: random-picker
"""


class Unread(unittest.TestCase):
    """The picker leaves the stream once it has named the endpoint, or asks not to be sent the answer."""

    def check(self, change, *properties):
        servers = ModelServers()
        port = free_port()
        picker = Picker(servers, port, "bactrian.ext-proc.read-responses=false", *properties)
        proxy = Proxy("original-destination.yaml", port, servers, change)
        try:
            for stream in (False, True):
                status, body, _ = proxy.send(chat(stream=stream, pad=100_000))
                self.assertEqual(200, status, body)
            wait_for(lambda: picker.in_flight() == 0, "nothing in flight")
            self.assertEqual(2, picker.value("llm_d_epp_request_total"))
            self.assertEqual(0, picker.value("llm_d_epp_request_output_tokens_count"))
            self.assertEqual(0, picker.value("llm_d_epp_request_error_total"))
        finally:
            for process in (proxy.process, picker.process, servers.process):
                stop(process)

    def test_leaves_the_stream(self):
        self.check(lambda text: text)

    def test_asks_not_to_be_sent_the_answer(self):
        self.check(lambda text: buffered(text).replace("failure_mode_allow: false", "failure_mode_allow: false\n"
                   "                      allow_mode_override: true"), "bactrian.ext-proc.mode-override=true")


def buffered(text):
    return text.replace("FULL_DUPLEX_STREAMED", "BUFFERED")


class Buffered(unittest.TestCase):
    """Some gateways let their users pick BUFFERED."""

    def test_answers(self):
        servers = ModelServers()
        port = free_port()
        picker = Picker(servers, port)
        proxy = Proxy("original-destination.yaml", port, servers, buffered)
        try:
            for stream in (False, True):
                status, body, _ = proxy.send(chat(stream=stream))
                self.assertEqual(200, status, body)
            wait_for(lambda: picker.value("llm_d_epp_request_output_tokens_count") == 2, "both counted")
        finally:
            for process in (proxy.process, picker.process, servers.process):
                stop(process)


if __name__ == "__main__":
    outcome = unittest.main(verbosity=2, exit=False).result
    failed = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed or outcome.testsRun == 0 else 0)
