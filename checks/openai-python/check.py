"""The official openai client, unmodified, against the demo: python3 check.py path/to/bactrian.jar"""

import os
import signal
import socket
import subprocess
import sys
import unittest

import openai

JAR = sys.argv.pop()
MODEL = "llama-3.1-8b"
QUESTION = [{"role": "user", "content": "Why is a camel not a horse? Answer in Zürich German. 🐫"}]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OpenAiClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port = free_port()
        cls.router = subprocess.Popen(
            [
                "java",
                f"-Dbactrian.http.port={port}",
                f"-Dcamel.management.port={free_port()}",
                "-Dbactrian.drain.delay=0s",
                "-jar",
                JAR,
                "demo",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in cls.router.stdout:
            if line.startswith("curl "):
                break
        else:
            raise RuntimeError("the demo did not start")
        cls.client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="secret-of-the-client", max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.router.send_signal(signal.SIGTERM)
        cls.router.wait(30)
        cls.router.stdout.close()

    def test_lists_the_models_of_both_pools(self):
        self.assertEqual(["llama-3.1-8b", "qwen3-32b"], [model.id for model in self.client.models.list()])

    def test_streams_a_chat(self):
        chunks = list(self.client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True, max_tokens=20))
        self.assertEqual("assistant", chunks[0].choices[0].delta.role)
        self.assertIn(chunks[-1].choices[0].finish_reason, ("stop", "length"))
        self.assertTrue(all(chunk.usage is None for chunk in chunks))

    def test_streams_usage_to_a_client_that_asks_for_it(self):
        chunks = list(
            self.client.chat.completions.create(
                model=MODEL, messages=QUESTION, stream=True, max_tokens=20, stream_options={"include_usage": True}
            )
        )
        self.assertEqual([], chunks[-1].choices)
        self.assertEqual(chunks[-1].usage.total_tokens, chunks[-1].usage.prompt_tokens + chunks[-1].usage.completion_tokens)

    def test_answers_a_chat_without_a_stream(self):
        answer = self.client.chat.completions.with_raw_response.create(model=MODEL, messages=QUESTION, max_tokens=8)
        self.assertLessEqual(answer.parse().usage.completion_tokens, 8)
        self.assertEqual("true", answer.headers["x-bactrian-simulated"])
        self.assertNotIn("secret-of-the-client", str(answer.headers))

    def test_answers_a_completion(self):
        answer = self.client.completions.create(model=MODEL, prompt="Once upon a time", max_tokens=8)
        self.assertEqual("text_completion", answer.object)

    def test_hears_of_an_unknown_model(self):
        with self.assertRaises(openai.NotFoundError) as refused:
            self.client.chat.completions.create(model="gpt-9", messages=QUESTION)
        self.assertEqual("model_not_found", refused.exception.code)

    def test_hears_of_a_wrong_request(self):
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model=MODEL, messages=[])

    def test_may_leave_a_stream_early_and_ask_again(self):
        for _ in range(5):
            with self.client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True) as stream:
                next(iter(stream))
        self.assertTrue(self.client.models.list().data)


if __name__ == "__main__":
    outcome = unittest.main(verbosity=2, exit=False).result
    failed = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed or outcome.testsRun == 0 else 0)
