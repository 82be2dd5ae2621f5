"""500 requests a second of 200 tokens in and 100 out, open loop, 10 endpoints: CPU a request, and what the gateway adds
to the latency of an endpoint that is asked directly in the same run.

The endpoints answer with fixed events instead of simulated timing, whose own noise would hide what is added."""

from harness import load
from harness.tables import Column, Samples, comparison, goal
from harness.targets import DIRECT

NAME = "small"
HELP = "500 requests/s of 200/100 tokens on 10 endpoints: CPU per request, added latency"

GATEWAY = "gateway"
ENDPOINTS = 10
RATE = 500
PREFIX_TOKENS, QUESTION_TOKENS, OUTPUT_TOKENS = 150, 50, 100
INTERVAL_MILLIS = 10
REFERENCE_MILLIS = 14
CPU_GOAL_MILLIS = REFERENCE_MILLIS / 4
ADDED_GOAL_MILLIS = 1
COLUMNS = [
    Column("cpu_ms", "CPU ms", 2),
    Column("p50", "p50 ms", 2),
    Column("p95", "p95 ms", 2),
    Column("p99", "p99 ms", 2),
    Column("added_p50", "added p50", 2),
    Column("added_p95", "added p95", 2),
    Column("added_p99", "added p99", 2),
    Column("late_p99", "client late p99", 2),
]
KINDS = {"streamed": ["--stream"], "whole": ["--no-stream"]}


def run(context):
    return {
        bench.jdk.name: {kind: _run(context, bench, kind) for kind in KINDS} for bench in context.benches()
    }


def _run(context, bench, kind):
    options = context.options
    servers = bench.model_servers(ENDPOINTS, interval_ms=INTERVAL_MILLIS)
    targets = [bench.direct(servers), bench.gateway(GATEWAY, servers)]
    samples = Samples()
    for target in targets:
        context.note(f"{bench.jdk.name}, {kind}: warming up {target.name}")
        _send(bench, target, options.warm_up, kind)
    for number_of_round in range(options.rounds):
        direct = None
        for target in targets:
            cpu, sent = target.cpu_seconds(), servers.stats()["requests"]
            result = _send(bench, target, options.seconds, kind)
            cpu, sent = target.cpu_seconds() - cpu, servers.stats()["requests"] - sent
            sample = _sample(result, 1000 * cpu / sent if target.child else None, kind)
            direct = direct or sample
            for percentile in ("p50", "p95", "p99"):
                sample["added_" + percentile] = sample[percentile] - direct[percentile]
            samples.add(target.name, sample)
        context.note(f"{bench.jdk.name}, {kind}: round {number_of_round + 1} of {options.rounds} measured")
    bench.processes.end(targets[1].child)
    bench.processes.end(servers.child)
    return _report(context, bench, kind, samples)


def _send(bench, target, seconds, kind):
    return load.run(
        bench, target, seconds, "--rate", RATE, "--prefix-tokens", PREFIX_TOKENS, "--question-tokens", QUESTION_TOKENS,
        "--output-tokens", OUTPUT_TOKENS, "--fresh-questions", *KINDS[kind],
    )


def _sample(result, cpu_ms, kind):
    summary = result["ttft" if kind == "streamed" else "endToEnd"]
    sample = {percentile: load.millis(summary, percentile) for percentile in ("p50", "p95", "p99")}
    sample["late_p99"] = load.millis(result["lateness"], "p99")
    sample["cpu_ms"] = cpu_ms
    return sample


def _report(context, bench, kind, samples):
    goals = [
        goal("CPU per request", samples.median(GATEWAY, "cpu_ms"), CPU_GOAL_MILLIS, " ms"),
    ]
    late = max(samples.median(name, "late_p99") for name in (DIRECT, GATEWAY))
    if late <= ADDED_GOAL_MILLIS:
        added = samples.median(GATEWAY, "added_p95")
        goals.append(goal("added latency P95", added, ADDED_GOAL_MILLIS, " ms"))
    else:
        # What is then measured is who else wants the processors.
        goals.append(goal(f"added latency P95 (the client itself was {late:.1f} ms late)", None, ADDED_GOAL_MILLIS))
    what = "time to the first event" if kind == "streamed" else "time to the whole answer"
    context.say(f"\n### small, {kind} answers, {bench.jdk.name} ({bench.jdk.version}): {what}\n")
    context.say(comparison(samples, COLUMNS))
    context.say(f"\nReference: {REFERENCE_MILLIS} ms CPU (Envoy + llm-d EPP), EPP P95 78.6 ms.\n")
    for line in goals:
        context.say("- " + line["text"])
    return {"samples": samples.rounds, "goals": goals}
