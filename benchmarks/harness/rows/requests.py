"""Small requests: what one costs when it is only relayed, and on the full path, beside raw Netty and nginx."""

from harness import stages, wrk
from harness.failure import Void
from harness.tables import Column, Samples, comparison, goal, markdown, number
from harness.targets import NGINX, RAW

NAME = "requests"
HELP = "wrk, 64 connections, 600-byte POST, small JSON answer: requests per CPU second, cost by stage"

ENDPOINTS = 10
WARM_UP_REQUESTS = 600_000
MAX_WARM_UPS = 8
MIN_RAW_OF_NGINX = 0.70
RELAY_GOALS = (0.74, 0.85)
FULL_GOAL = 0.45
COLUMNS = [
    Column("per_cpu_second", "requests/CPU s", 0, ratio=True),
    Column("cpu_us", "CPU us", 2),
    Column("allocated", "bytes allocated", 0),
    Column("per_second", "requests/s", 0),
    Column("p50", "p50 ms", 2),
    Column("p99", "p99 ms", 2),
]


def run(context):
    results = {bench.jdk.name: _run(context, bench) for bench in context.benches()}
    void = {jdk: result["rawOfNginx"] for jdk, result in results.items() if result["rawOfNginx"] < MIN_RAW_OF_NGINX}
    if void:
        shares = ", ".join(f"{share:.2f} on {jdk}" for jdk, share in void.items())
        raise Void(f"VOID: raw Netty reached of nginx {shares} (expected: >= {MIN_RAW_OF_NGINX:.2f})", results)
    return results


def _run(context, bench):
    options = context.options
    servers = bench.model_servers(ENDPOINTS)
    names = [stages.RELAY, stages.FULL] if options.no_stages else [*stages.STAGES, stages.FULL]
    targets = [bench.nginx(servers), bench.raw_proxy(servers)]
    targets += [stages.gateway(bench, servers, name) for name in names]
    samples = sample_rounds(context, bench, targets, wrk)
    return _report(context, bench, samples, names)


def sample_rounds(context, bench, targets, client):
    """Warms every target up, then measures them in turn, round after round."""
    options = context.options
    for target in targets:
        target.pause()
    for target in targets:
        context.note(f"{bench.jdk.name}: warming up {target.name}")
        target.resume()
        warm_up(bench, target, options.warm_up, client)
        target.pause()
    samples = Samples()
    for number_of_round in range(options.rounds):
        for target in targets:
            samples.add(target.name, measure(bench, target, options.seconds, client))
        context.note(f"{bench.jdk.name}: round {number_of_round + 1} of {options.rounds} measured")
    return samples


def warm_up(bench, target, seconds, client=wrk):
    """Sends requests until the JIT has seen enough of them, on a busy machine for longer than `seconds`."""
    sent = 0
    for _ in range(MAX_WARM_UPS):
        sent += client.run(bench.processes, target.port, seconds)["requests"]
        if sent >= WARM_UP_REQUESTS:
            return


def measure(bench, target, seconds, client):
    """Measures one target while the others stand still; the first second, in which connections open, does not count."""
    target.resume()
    client.run(bench.processes, target.port, 1)
    allocated = target.allocated_bytes()
    cpu = target.cpu_seconds()
    result = client.run(bench.processes, target.port, seconds)
    cpu = target.cpu_seconds() - cpu
    allocated = target.allocated_bytes() - allocated if allocated is not None else None
    target.pause()
    requests = result["requests"]
    return {
        "per_cpu_second": requests / cpu,
        "cpu_us": 1e6 * cpu / requests,
        "allocated": allocated / requests if allocated is not None else None,
        "per_second": requests / result["seconds"],
        "p50": result["p50"],
        "p99": result["p99"],
    }


def _report(context, bench, samples, names):
    relay = samples.ratio(stages.RELAY, RAW, "per_cpu_second")
    full = samples.ratio(stages.FULL, RAW, "per_cpu_second")
    goals = [
        goal("relay only, of raw Netty, now", relay, RELAY_GOALS[0], at_least=True),
        goal("relay only, of raw Netty", relay, RELAY_GOALS[1], at_least=True),
        goal("full path, of raw Netty", full, FULL_GOAL, at_least=True),
    ]
    context.say(f"\n### requests, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, COLUMNS, RAW))
    if not context.options.no_stages:
        context.say()
        context.say(_stage_table(samples, names))
    context.say()
    for line in goals:
        context.say("- " + line["text"])
    raw_of_nginx = samples.ratio(RAW, NGINX, "per_cpu_second")
    context.say(f"- raw Netty, of nginx: {raw_of_nginx:.2f} (void under {MIN_RAW_OF_NGINX:.2f})")
    return {"samples": samples.rounds, "goals": goals, "rawOfNginx": raw_of_nginx}


def _stage_table(samples, names):
    rows = []
    before = RAW
    for name in names:
        shown = "default routes, metric pages" if name == stages.FULL else name
        cells = [shown if before != RAW else f"{name} over {RAW}"]
        for key, digits in (("cpu_us", 2), ("allocated", 0)):
            cells.append(number(samples.median(name, key) - samples.median(before, key), digits))
        rows.append(cells)
        before = name
    return markdown(["stage", "CPU us", "bytes allocated"], rows)
