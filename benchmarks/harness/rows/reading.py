"""What reading a chat request of 400 KB costs, by JMH, beside Jackson's tokens and its tree. One thread, no sockets."""

from harness import jmh
from harness.tables import markdown

NAME = "reading"
HELP = "JMH: a chat request of 100,000 tokens, beside a walk over Jackson's tokens and its tree"
NEEDS_CLIENTS = False

GOAL = 0.8  # of the bytes that a walk over the tokens reads in the same time

COLUMNS = ["body", "line", "p50 us", "p99 us", "mean us", "bytes allocated", "to a token walk"]


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    lines = [jmh.line(result) for result in jmh.results(context, bench, "ReadingBenchmark")]
    walks = {line["body"]: line["p50"] for line in lines if line["line"] == "tokenWalk"}
    lines.sort(key=lambda line: (list(walks).index(line["body"]), line["line"]))
    for line in lines:
        line["toTokenWalk"] = walks[line["body"]] / line["p50"]
    context.say(f"\n### reading, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(markdown(COLUMNS, [_cells(line) for line in lines]))
    context.say()
    for line in lines:
        if line["line"] == "read":
            verdict = "met" if line["toTokenWalk"] >= GOAL else "BELOW GOAL"
            context.say(f"- {line['body']}, to a token walk: {line['toTokenWalk']:.2f} (goal: >= {GOAL:.2f}): {verdict}")
    return lines


def _cells(line):
    return [
        line["body"], line["line"], f"{line['p50']:.1f}", f"{line['p99']:.1f}", f"{line['mean']:.1f}", f"{line['bytes']:,.0f}",
        f"{line['toTokenWalk']:.2f}",
    ]
