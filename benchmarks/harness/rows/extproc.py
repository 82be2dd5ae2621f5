"""Endpoint picker over ext_proc: streams per CPU second beside a plain grpc-java server on a direct executor that sends the same
messages and decides nothing; answers of few and of 1,000 chunks, read and left to the proxy."""

import json

from harness.failure import Failure
from harness.tables import Column, Samples, comparison, goal

NAME = "ext-proc"
HELP = "endpoint picker: streams per CPU second beside plain grpc-java"

ECHO = "plain grpc-java"
PICKER = "endpoint picker"
GOAL = 0.85
WARM_UP_STREAMS = 600_000
MAX_WARM_UPS = 8
SHORT = "4 chunks"
CASES = {
    SHORT: ["--chunks", 4],
    "1,000 chunks": ["--chunks", 1000],
    "not read": ["--light"],
}
COLUMNS = [Column("per_cpu_second", "streams/CPU s", 0, ratio=True), Column("cpu_us", "CPU us", 1)]


def run(context):
    return {bench.jdk.name: {case: _run(context, bench, case) for case in CASES} for bench in context.benches()}


def _run(context, bench, case):
    options = context.options
    light = "--light" in CASES[case]
    servers = bench.model_servers()
    targets = [bench.echo_picker(ECHO, light), bench.picker(PICKER, servers, light)]
    for target in targets:
        context.note(f"{bench.jdk.name}, {case}: warming up {target.name}")
        _warm_up(bench, target, options.warm_up, case)
        target.child.pause()
    samples = Samples()
    for number_of_round in range(options.rounds):
        for target in targets:
            target.child.resume()
            cpu = target.cpu_seconds()
            streams = _ask(bench, target, options.seconds, case)
            cpu = target.cpu_seconds() - cpu
            target.child.pause()
            samples.add(target.name, {"per_cpu_second": streams / cpu, "cpu_us": 1e6 * cpu / streams})
        context.note(f"{bench.jdk.name}, {case}: round {number_of_round + 1} of {options.rounds} measured")
    for child in (*(target.child for target in targets), servers.child):
        bench.processes.end(child)
    goals = [goal("streams per CPU second, to plain grpc-java", samples.ratio(PICKER, ECHO, "per_cpu_second"), GOAL,
                  at_least=True)]
    context.say(f"\n### ext-proc, {case}, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, COLUMNS, ECHO))
    context.say("")
    for line in goals:
        context.say("- " + line["text"])
    return {"samples": samples.rounds, "goals": goals}


def _warm_up(bench, target, seconds, case):
    """Asks until the JIT has seen enough streams, short ones where the case's are long; then for `seconds` as the case does."""
    asked = 0
    for _ in range(MAX_WARM_UPS):
        asked += _ask(bench, target, seconds, case if "--light" in CASES[case] else SHORT)
        if asked >= WARM_UP_STREAMS:
            break
    _ask(bench, target, seconds, case)


def _ask(bench, target, seconds, case):
    child = bench.tools("picker-client", "picker-client", "--port", target.port, "--seconds", seconds, *CASES[case])
    result = json.loads(child.wait(seconds + 60).strip().splitlines()[-1])
    bench.processes.end(child)
    if result["errors"]:
        raise Failure(f"{target.name}: {result['errors']} of {result['streams']} streams failed")
    return result["streams"]
