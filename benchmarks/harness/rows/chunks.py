"""Streams: what one event of a stream costs on its way, and how late it comes, beside raw Netty and nginx."""

import json

from harness import stages
from harness.failure import Failure
from harness.tables import Column, Samples, comparison, goal
from harness.targets import RAW

NAME = "chunks"
HELP = "1,000 streams with a 230-byte event each 50 ms: CPU per event, latency"

ENDPOINTS = 10
STREAMS = 1000
INTERVAL_MILLIS = 50
RAMP_SECONDS = 1
GOALS = (0.84, 0.90)
COLUMNS = [
    Column("per_cpu_second", "events/CPU s", 0, ratio=True),
    Column("cpu_us", "CPU us", 2),
    Column("allocated", "bytes allocated", 0),
    Column("p50", "p50 ms", 2),
    Column("p99", "p99 ms", 2),
    Column("direct_p50", "direct p50", 2),
]


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    options = context.options
    servers = bench.model_servers(ENDPOINTS, interval_ms=INTERVAL_MILLIS)
    direct = bench.direct(servers)
    targets = [bench.nginx(servers), bench.raw_proxy(servers)]
    targets += [stages.gateway(bench, servers, name) for name in (stages.RELAY, stages.FULL)]
    for target in targets:
        target.pause()
    for target in targets:
        context.note(f"{bench.jdk.name}: warming up {target.name}")
        target.resume()
        stream(bench, target, options.warm_up)
        target.pause()
    samples = Samples()
    for number_of_round in range(options.rounds):
        direct_p50 = stream(bench, direct, options.seconds)["eventMillis"]["p50"]
        for target in targets:
            target.resume()
            sample = measure(bench, target, options.seconds)
            target.pause()
            samples.add(target.name, {**sample, "direct_p50": direct_p50})
        context.note(f"{bench.jdk.name}: round {number_of_round + 1} of {options.rounds} measured")
    return _report(context, bench, samples)


def measure(bench, target, seconds):
    allocated = target.allocated_bytes()
    cpu = target.cpu_seconds()
    result = stream(bench, target, seconds)
    cpu = target.cpu_seconds() - cpu
    allocated = target.allocated_bytes() - allocated if allocated is not None else None
    events = result["events"]
    return {
        "per_cpu_second": events / cpu,
        "cpu_us": 1e6 * cpu / events,
        "allocated": allocated / events if allocated is not None else None,
        "p50": result["eventMillis"]["p50"],
        "p99": result["eventMillis"]["p99"],
    }


def stream(bench, target, seconds):
    """Runs all streams for about `seconds`; fails if one of them does."""
    result = open_streams(bench, target, STREAMS, seconds * 1000 // INTERVAL_MILLIS, RAMP_SECONDS, seconds + 60)
    if result["completed"] != STREAMS:
        raise Failure(f"streams through {target.name}: {result}")
    return result


def open_streams(bench, target, streams, tokens, ramp_seconds, timeout_seconds, *options):
    """Opens streams of `tokens` events over `ramp_seconds` and returns what they came to."""
    client = bench.tools(
        "streams", "streams", "--port", target.port, "--streams", streams, "--tokens", tokens,
        "--ramp-ms", int(1000 * ramp_seconds), "--timeout-s", int(timeout_seconds), *options,
    )
    return json.loads(client.wait(timeout_seconds + 60).splitlines()[-1])


def _report(context, bench, samples):
    relay = samples.ratio(stages.RELAY, RAW, "per_cpu_second")
    full = samples.ratio(stages.FULL, RAW, "per_cpu_second")
    goals = [
        goal("relay only, events of raw Netty, now", relay, GOALS[0], at_least=True),
        goal("relay only, events of raw Netty", relay, GOALS[1], at_least=True),
    ]
    context.say(f"\n### chunks, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, COLUMNS, RAW))
    context.say()
    for line in goals:
        context.say("- " + line["text"])
    context.say(f"- full path, events of raw Netty: {full:.2f} (the whole request counted in)")
    return {"samples": samples.rounds, "goals": goals, "fullOfRaw": full}
