"""Thousands of streams open at one time, over HTTP/1.1 and over HTTP/2: errors, memory and threads."""

import threading
import time

from harness import software
from harness.rows.chunks import open_streams
from harness.tables import goal, markdown, number

NAME = "streams"
HELP = "8,000 open streams over HTTP/1.1 and 10,000 over HTTP/2: errors, RSS per stream, threads"

ENDPOINTS = 10
KINDS = {"HTTP/1.1": (8000, []), "HTTP/2": (10_000, ["--http2"])}
INTERVAL_MILLIS = 1000
RAMP_SECONDS = 10
OPEN_EVENTS = 10  # events of a stream after all have been opened
GOAL_KIB = 20
OPEN_FILES = 18_000
SAMPLE_SECONDS = 0.2


def run(context):
    software.require_open_files(OPEN_FILES)
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    results = {}
    for kind, (streams, options) in KINDS.items():
        servers = bench.model_servers(ENDPOINTS, interval_ms=INTERVAL_MILLIS)
        gateway = bench.gateway("gateway", servers)
        context.note(f"{bench.jdk.name}, {kind}: warming up")
        for _ in range(2):
            open_streams(bench, gateway, 200, 3, 1, 60, *options)
        results[kind] = _measure(bench, gateway, streams, options)
        bench.processes.end(gateway.child)
        bench.processes.end(servers.child)
    return _report(context, bench, results)


def _measure(bench, gateway, streams, options):
    gateway.figures("/gc")
    idle = gateway.child.status_kib("VmRSS")
    cpu = gateway.cpu_seconds()
    peaks = _Peaks(gateway)
    tokens = RAMP_SECONDS * 1000 // INTERVAL_MILLIS + OPEN_EVENTS
    result = open_streams(bench, gateway, streams, tokens, RAMP_SECONDS, 180, *options)
    rss, threads = peaks.stop()
    return {
        "streams": streams,
        "failed": streams - result["completed"],
        "failures": result["failures"],
        "idle_mib": idle / 1024,
        "peak_mib": rss / 1024,
        "kib_per_stream": (rss - idle) / streams,
        "threads": threads,
        "p50": result["eventMillis"]["p50"],
        "p99": result["eventMillis"]["p99"],
        "first_p99": result["firstEventMillis"]["p99"],
        "cpu_seconds": gateway.cpu_seconds() - cpu,
    }


class _Peaks:
    """Reads RSS and threads of a process until it is stopped, and keeps the highest."""

    def __init__(self, target):
        self._target = target
        self._rss = self._threads = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while not self._stopped:
            self._rss = max(self._rss, self._target.child.status_kib("VmRSS"))
            self._threads = max(self._threads, self._target.child.threads())
            time.sleep(SAMPLE_SECONDS)

    def stop(self):
        self._stopped = True
        self._thread.join()
        return self._rss, self._threads


def _report(context, bench, results):
    context.say(f"\n### streams, {bench.jdk.name} ({bench.jdk.version})\n")
    headings = ["protocol", "streams", "failed", "idle RSS MiB", "peak RSS MiB", "KiB per stream", "threads",
                "event p50 ms", "event p99 ms", "first event p99 ms"]
    rows = [
        [kind, f"{r['streams']:,}", r["failed"], number(r["idle_mib"], 0), number(r["peak_mib"], 0),
         number(r["kib_per_stream"]), r["threads"], number(r["p50"], 2), number(r["p99"]), number(r["first_p99"])]
        for kind, r in results.items()
    ]
    context.say(markdown(headings, rows) + "\n")
    goals = []
    for kind, result in results.items():
        goals.append(goal(f"{kind}, KiB RSS per stream", result["kib_per_stream"], GOAL_KIB, " KiB", digits=1))
        goals.append(goal(f"{kind}, failed streams", result["failed"], 0, digits=0))
        if result["failures"]:
            context.say(f"- {kind}, why streams failed: {result['failures']}")
    for line in goals:
        context.say("- " + line["text"])
    return {"results": results, "goals": goals}
