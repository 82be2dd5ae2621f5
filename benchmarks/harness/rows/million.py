"""Bodies of a million tokens: how far memory grows over what is idle and over the body itself, and the latency."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

from harness import wrk
from harness.tables import goal, markdown, number

NAME = "million"
HELP = "a body of 1M tokens: peak RSS and heap over idle and over the body, latency"

ENDPOINTS = 10
TOKENS = 1_000_000
BYTES_PER_TOKEN = 4  # as the gateway estimates
REQUESTS = 20
AT_ONCE = 4
STEPS = (("the first", 1, 1), (f"{REQUESTS} more", REQUESTS, 1), (f"{AT_ONCE} at once", 2, AT_ONCE))
GOAL_MIB = 64
MIB = 1024 * 1024


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    servers = bench.model_servers(ENDPOINTS)
    gateway = bench.gateway("gateway", servers)
    direct = bench.direct(servers)
    context.note(f"{bench.jdk.name}: warming up with small requests")
    wrk.run(bench.processes, gateway.port, context.options.warm_up)
    body = _body()
    heap_idle = gateway.figures("/gc")["heapBytes"]
    rss_idle = gateway.child.status_kib("VmRSS") * 1024
    steps = {}
    for name, requests, at_once in STEPS:
        gateway.child.reset_peak_rss()
        gateway.figures("/reset")
        cpu = gateway.cpu_seconds()
        millis = _send_all(gateway.port, body, requests, at_once)
        cpu = gateway.cpu_seconds() - cpu
        figures = gateway.figures()
        held = at_once * len(body)
        steps[name] = {
            "rss_mib": gateway.child.status_kib("VmHWM") / 1024,
            "rss_over_mib": (gateway.child.status_kib("VmHWM") * 1024 - rss_idle - held) / MIB,
            "heap_over_mib": (figures["heapPeakBytes"] - heap_idle - held) / MIB,
            "direct_mib": figures["directBytes"] / MIB,
            "median_ms": sorted(millis)[len(millis) // 2],
            "cpu_ms": 1000 * cpu / len(millis),
        }
    direct_ms = sorted(_send_all(direct.port, body, REQUESTS, 1))[REQUESTS // 2]
    return _report(context, bench, body, rss_idle, heap_idle, steps, direct_ms)


def _body():
    head = '{"model":"m","max_tokens":8,"messages":[{"role":"user","content":"'
    tail = '"}]}'
    text = "".join(f"{i:07d} " for i in range(TOKENS * BYTES_PER_TOKEN // 8))
    return (head + text + tail).encode()


def _send_all(port, body, requests, at_once):
    """Sends `requests` on each of `at_once` connections and returns how long each took, in ms."""

    def send(_):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        millis = []
        for _ in range(requests):
            began = time.perf_counter()
            connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"status {response.status}")
            millis.append(1000 * (time.perf_counter() - began))
        connection.close()
        return millis

    with ThreadPoolExecutor(at_once) as pool:
        return [taken for some in pool.map(send, range(at_once)) for taken in some]


def _report(context, bench, body, rss_idle, heap_idle, steps, direct_ms):
    context.say(f"\n### million, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(
        f"Body {len(body) / MIB:.1f} MiB; idle after small requests: RSS {rss_idle / MIB:.0f} MiB,"
        f" heap {heap_idle / MIB:.0f} MiB; asked directly: {direct_ms:.1f} ms.\n"
    )
    headings = ["requests", "peak RSS MiB", "RSS over idle and bodies", "peak heap over idle and bodies",
                "direct memory MiB", "median ms", "CPU ms"]
    context.say(markdown(headings, [[name, *map(number, step.values())] for name, step in steps.items()]))
    over = steps["the first"]["rss_over_mib"]
    worst = steps[f"{REQUESTS} more"]["rss_over_mib"]
    goals = [
        goal("peak RSS over idle and the body, first request", over, GOAL_MIB, " MiB", digits=0),
        goal(f"peak RSS over idle and the body, {REQUESTS} in a row", worst, GOAL_MIB, " MiB", digits=0),
    ]
    context.say("\nReference: 4.2 GiB (llm-d EPP at 10 requests/s of 1M tokens).\n")
    for line in goals:
        context.say("- " + line["text"])
    return {"idle": {"rss": rss_idle, "heap": heap_idle}, "steps": steps, "directMillis": direct_ms, "goals": goals}
