"""100 endpoints whose metric pages of 60 KB are read every 50 ms while nobody asks anything: cores."""

import time

from harness.tables import Column, Samples, comparison, goal

NAME = "idle"
HELP = "100 endpoints scraped every 50 ms, 60 KB pages: cores"

GATEWAY = "gateway"
ENDPOINTS = 100
PAGE_BYTES = 60_000
INTERVAL = "50ms"
REFERENCE_CORES = 7.5
GOAL_CORES = 0.25
COLUMNS = [
    Column("cores", "cores", 3),
    Column("pages", "pages/s", 0),
    Column("page_us", "CPU us per page", 1),
    Column("allocated", "bytes allocated per page", 0),
]


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    options = context.options
    servers = bench.model_servers(ENDPOINTS, metrics_bytes=PAGE_BYTES)
    gateway = bench.gateway(GATEWAY, servers, {"bactrian.metrics.interval": INTERVAL})
    context.note(f"{bench.jdk.name}: warming up")
    time.sleep(options.warm_up)
    samples = Samples()
    for _ in range(options.rounds):
        allocated, cpu, pages = gateway.allocated_bytes(), gateway.cpu_seconds(), servers.stats()["scrapes"]
        began = time.monotonic()
        time.sleep(options.seconds)
        elapsed = time.monotonic() - began
        cpu = gateway.cpu_seconds() - cpu
        pages = servers.stats()["scrapes"] - pages
        samples.add(
            GATEWAY,
            {
                "cores": cpu / elapsed,
                "pages": pages / elapsed,
                "page_us": 1e6 * cpu / pages,
                "allocated": (gateway.allocated_bytes() - allocated) / pages,
            },
        )
    goals = [goal("idle cores", samples.median(GATEWAY, "cores"), GOAL_CORES, digits=3)]
    context.say(f"\n### idle, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, COLUMNS))
    context.say(f"\nReference: {REFERENCE_CORES} cores (llm-d EPP watching 100 pods).\n")
    context.say("- " + goals[0]["text"])
    return {"samples": samples.rounds, "goals": goals}
