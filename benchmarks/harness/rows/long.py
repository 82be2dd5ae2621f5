"""10 requests a second of 100k tokens in and 1k out: core-seconds a request."""

from harness import load
from harness.tables import Column, Samples, comparison, goal

NAME = "long"
HELP = "10 requests/s of 100k-token prompts, 1k tokens out: core-seconds per request"

GATEWAY = "gateway"
ENDPOINTS = 10
RATE = 10
PREFIX_TOKENS, QUESTION_TOKENS, OUTPUT_TOKENS = 90_000, 10_000, 1000
INTERVAL_MILLIS = 5
REFERENCE_CORE_SECONDS = 0.5
GOAL_CORE_SECONDS = REFERENCE_CORE_SECONDS / 10
COLUMNS = [
    Column("core_ms", "core-ms per request", 1),
    Column("rss_mib", "peak RSS MiB", 0),
    Column("p50", "TTFT p50 ms", 1),
    Column("p95", "TTFT p95 ms", 1),
    Column("p99", "TTFT p99 ms", 1),
]


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    options = context.options
    servers = bench.model_servers(ENDPOINTS, interval_ms=INTERVAL_MILLIS)
    targets = [bench.direct(servers), bench.gateway(GATEWAY, servers)]
    samples = Samples()
    for target in targets:
        context.note(f"{bench.jdk.name}: warming up {target.name}")
        _send(bench, target, options.warm_up)
    for number_of_round in range(options.rounds):
        for target in targets:
            cpu, sent = target.cpu_seconds(), servers.stats()["requests"]
            result = _send(bench, target, options.seconds)
            cpu, sent = target.cpu_seconds() - cpu, servers.stats()["requests"] - sent
            sample = {percentile: load.millis(result["ttft"], percentile) for percentile in ("p50", "p95", "p99")}
            if target.child:
                sample["core_ms"] = 1000 * cpu / sent
                sample["rss_mib"] = target.child.status_kib("VmHWM") / 1024
            samples.add(target.name, sample)
        context.note(f"{bench.jdk.name}: round {number_of_round + 1} of {options.rounds} measured")
    core_seconds = samples.median(GATEWAY, "core_ms") / 1000
    goals = [goal("core-seconds per request", core_seconds, GOAL_CORE_SECONDS, digits=4)]
    context.say(f"\n### long, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, COLUMNS))
    context.say(f"\nReference: about {REFERENCE_CORE_SECONDS} core-seconds (Envoy + llm-d EPP).\n")
    context.say("- " + goals[0]["text"])
    return {"samples": samples.rounds, "goals": goals}


def _send(bench, target, seconds):
    return load.run(
        bench, target, seconds, "--rate", RATE, "--tenants", 20, "--users", 5, "--prefix-tokens", PREFIX_TOKENS,
        "--question-tokens", QUESTION_TOKENS, "--output-tokens", OUTPUT_TOKENS, "--fresh-questions",
    )
