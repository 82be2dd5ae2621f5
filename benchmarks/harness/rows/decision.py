"""What choosing costs, by JMH: a decision over 10, 100 and 1,000 endpoints, with metrics and with a record of each, and what a prompt
of 100,000 tokens costs before it. One thread, no sockets."""

from harness import jmh
from harness.tables import markdown

NAME = "decision"
HELP = "JMH: one decision over 10, 100 and 1,000 endpoints; hashing and looking up 100,000 tokens; bytes allocated"
NEEDS_CLIENTS = False

GOALS = {100: 100.0, 1000: 1000.0}  # us, p99
RECORD_SHARE = 0.05  # of a decision

COLUMNS = ["line", "endpoints", "heard by", "p50 us", "p99 us", "mean us", "bytes"]


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    lines = [jmh.line(result) for result in jmh.results(context, bench, "DecisionBenchmark|PrefixBenchmark")]
    context.say(f"\n### decision, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(markdown(COLUMNS, [_cells(line) for line in lines]))
    for goal in _goals(lines):
        context.say(goal)
    return lines


def _cells(line):
    return [
        line["line"], line.get("endpoints", "-"), line.get("observer", "-"),
        f"{line['p50']:.1f}", f"{line['p99']:.1f}", f"{line['mean']:.1f}", f"{line['bytes']:,.0f}",
    ]


def _goals(lines):
    decisions = {(int(line["endpoints"]), line["observer"]): line for line in lines if "endpoints" in line}
    yield ""
    for endpoints, limit in GOALS.items():
        p99 = decisions[endpoints, "record"]["p99"]
        verdict = "met" if p99 < limit else "BELOW GOAL"
        yield f"- decision with metrics and record, {endpoints} endpoints, p99: {p99:.1f} us (goal: < {limit:.0f} us): {verdict}"
    for endpoints in GOALS:
        with_metrics, with_record = (decisions[endpoints, name]["p50"] for name in ("metrics", "record"))
        share = with_record / with_metrics - 1
        verdict = "met" if share < RECORD_SHARE else "BELOW GOAL"
        yield f"- record, share of a decision over {endpoints} endpoints, by p50: {share:.0%} (goal: < 5 %): {verdict}"
