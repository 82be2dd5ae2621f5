"""Runs JMH in a process of its own."""

import json

from harness import software
from harness.failure import Failure

TIME_LIMIT_SECONDS = 900


def results(context, bench, pattern):
    """Returns what JMH reports of the benchmarks whose names match pattern, with the bytes each allocates."""
    report = bench.processes.folder / "jmh.json"
    context.note(f"JMH, {bench.jdk.name}")
    child = bench.processes.start(
        "jmh",
        [
            bench.jdk.java, "-cp", f"{software.TOOLS_JAR}:{software.JMH_FOLDER}/*:{software.GATEWAY_JAR}", "org.openjdk.jmh.Main", pattern,
            "-prof", "gc", "-rf", "json", "-rff", report, "-i", str(context.options.rounds), "-jvm", bench.jdk.java,
        ],
    )
    child.wait(TIME_LIMIT_SECONDS)
    if not report.exists():
        raise Failure("JMH wrote no report")
    return json.loads(report.read_text())


def line(result):
    """Returns the times in us and the bytes of one benchmark, by its name and parameters."""
    metric = result["primaryMetric"]
    return {
        "line": result["benchmark"].rsplit(".", 1)[1],
        **result.get("params", {}),
        "p50": metric["scorePercentiles"]["50.0"],
        "p99": metric["scorePercentiles"]["99.0"],
        "mean": metric["score"],
        "bytes": result["secondaryMetrics"]["gc.alloc.rate.norm"]["score"],
    }
