"""h2load as a client: small requests multiplexed over HTTP/2 with prior knowledge."""

import re

from harness import software, wrk
from harness.failure import Failure

CONNECTIONS = 8
STREAMS = 8  # on each connection: together as many requests under way as with wrk


def run(processes, port, seconds):
    """Returns requests, seconds, latencies in ms; fails if any request did."""
    body = processes.folder / "body.json"
    body.write_text(wrk.body())
    log = processes.folder / "h2load.tsv"
    log.unlink(missing_ok=True)
    child = processes.start(
        "h2load",
        [
            software.tool("h2load"), "-D", seconds, "-c", CONNECTIONS, "-m", STREAMS, "-t", 1, "-d", body,
            "-H", "content-type: application/json", "--log-file", log, f"http://127.0.0.1:{port}/v1/chat/completions",
        ],
    )
    output = child.wait(seconds + 30)
    done, failed, errored, timeout = (
        int(re.search(rf"(\d+) {what}", output).group(1)) for what in ("succeeded", "failed", "errored", "timeout")
    )
    if not done or failed + errored + timeout:
        raise Failure(f"h2load: requests failed\n{output}")
    micros = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return {
        "requests": done,
        "seconds": seconds,
        "p50": micros[len(micros) // 2] / 1000,
        "p99": micros[len(micros) * 99 // 100] / 1000,
    }
