"""`bactrian load` as a client: an open loop, latencies counted from the moment a request was due."""

import json

from harness import software
from harness.failure import Failure


CLIENT_WARM_UP_SECONDS = 5  # a client is a new process each time; what it sends at first is not reported


def run(bench, target, seconds, *options):
    """Sends what `options` describe and returns the report of `seconds` of it; fails if a request did."""
    report = bench.processes.folder / "load.json"
    child = bench.processes.start(
        "load",
        [
            bench.jdk.java, "-Xmx2g", "-jar", software.GATEWAY_JAR, "load", "--url", target.url(), "--model", "m",
            "--duration", f"{CLIENT_WARM_UP_SECONDS + seconds}s", "--warmup", f"{CLIENT_WARM_UP_SECONDS}s",
            "--no-usage", "--no-progress", "--max-error-rate", "0", "--json", report, *options,
        ],
    )
    child.wait(CLIENT_WARM_UP_SECONDS + seconds + 180)
    result = json.loads(report.read_text())
    if result["outcomes"]["completed"] != result["requests"]:
        raise Failure(f"load through {target.name}: {result['outcomes']}")
    return result


def millis(summary, percentile):
    """Returns a percentile of a latency summary in ms, None if nothing was measured."""
    value = summary.get(f"{percentile}Seconds")
    return None if value is None else 1000 * value
