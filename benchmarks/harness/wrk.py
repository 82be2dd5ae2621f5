"""wrk as a client: small requests on kept connections, as fast as they are answered."""

import json

from harness import software
from harness.failure import Failure

CONNECTIONS = 64
BODY_BYTES = 600

SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests":%%d,"seconds":%%f,"p50":%%f,"p99":%%f,"errors":%%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def body():
    """Returns a chat request of BODY_BYTES bytes."""
    start = (
        '{"model":"m","max_tokens":64,"temperature":0.7,"messages":['
        '{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"'
    )
    end = '"}]}'
    text = "Tell me of camels and what they carry through the desert. " * 20
    return start + text[: BODY_BYTES - len(start) - len(end)] + end


def run(processes, port, seconds):
    """Returns requests, seconds, latencies in ms and errors; fails if any request did."""
    script = processes.folder / "post.lua"
    script.write_text(SCRIPT % body())
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    child = processes.start(
        "wrk", [software.tool("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script, url]
    )
    output = child.wait(seconds + 30)
    result = json.loads(output.partition("RESULT ")[2].splitlines()[0])
    if result["errors"] or not result["requests"]:
        raise Failure(f"wrk: {result['errors']} errors of {result['requests']} requests\n{output}")
    return result
