"""The command line."""

import argparse
import json
import signal
import sys
from pathlib import Path

from harness import profile, software, stages
from harness.context import Context
from harness.failure import Failure
from harness.rows import chunks, decision, extproc, http2, idle, long, million, reading, requests, small, split, streams

ROWS = [requests, http2, chunks, small, split, long, million, streams, idle, decision, reading, extproc]

INTERRUPTED = 130

EPILOG = f"""exit codes: 0 measured (goals met or not: read the lines), 1 could not be measured, 3 void: raw Netty
reached less than 0.70 of nginx, so the machine or the ceiling was not fit to measure with.
needs: a JDK 17, wrk, nginx and h2load ({software.INSTALL_HINT}); build first: benchmarks/run.py build.
Everything listens on loopback; every process started is ended."""


def main():
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return options.action(options)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser():
    parser = argparse.ArgumentParser(
        prog="run.py", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="ROW")
    common = _common_options()
    for row in ROWS:
        command = commands.add_parser(row.NAME, help=row.HELP, description=row.__doc__, parents=[common])
        command.set_defaults(action=_measure, rows=[row])
    everything = commands.add_parser("all", help="every row", parents=[common])
    everything.set_defaults(action=_measure, rows=ROWS)
    profiling = commands.add_parser(profile.NAME, help=profile.HELP, description=profile.__doc__, parents=[common])
    profiling.add_argument("--load", choices=[requests.NAME, http2.NAME, chunks.NAME], default=requests.NAME)
    profiling.add_argument(
        "--stage", choices=[*stages.STAGES, stages.FULL], default=stages.FULL,
        help="the route that takes the requests (default: %(default)s)",
    )
    profiling.add_argument("--top", type=int, default=30, metavar="N", help="lines of a table (default: %(default)s)")
    profiling.add_argument("--keep", type=Path, metavar="FILE", help="keep the recording")
    profiling.set_defaults(action=_profile)
    build = commands.add_parser("build", help="builds the gateway and the tools of the benchmarks")
    build.set_defaults(action=lambda _: software.build())
    return parser


def _common_options():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--jdk", action="append", default=[], metavar="HOME",
        help=f"a JDK to run with; may be repeated (default: JAVA_HOME or java, and ${software.JDK_25_VARIABLE})",
    )
    common.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (default: %(default)s)")
    common.add_argument(
        "--seconds", type=int, default=6, metavar="S", help="length of one measurement (default: %(default)s)"
    )
    common.add_argument(
        "--warm-up", type=int, default=10, metavar="S", help="for each process, once (default: %(default)s)"
    )
    common.add_argument("--no-stages", action="store_true", help="requests: only relay and full path")
    common.add_argument(
        "--jvm-option", action="append", dest="jvm_options", metavar="OPTION",
        help="for gateway and raw proxy alike; may be repeated (default: -Xmx1g)",
    )
    common.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    return common


def _context(options):
    options.jvm_options = options.jvm_options or ["-Xmx1g"]
    if any(getattr(row, "NEEDS_CLIENTS", True) for row in getattr(options, "rows", [profile])):
        software.require("wrk", "nginx", "h2load")
    software.require_jars()
    software.raise_open_files()
    return Context(options, software.jdks(options.jdk))


def _profile(options):
    profile.run(options, _context(options))
    return 0


def _measure(options):
    context = _context(options)
    machine = software.machine()
    context.say(
        f"{machine['processors']} processors ({machine['processor']}), load {machine['loadBefore']:.1f} before the run,"
        f" revision {machine['revision']}, {' '.join(options.jvm_options)}"
    )
    report = {"machine": machine, "jvmOptions": options.jvm_options, "rows": {}}
    exit_code = 0
    for row in options.rows:
        try:
            report["rows"][row.NAME] = row.run(context)
        except Failure as failure:
            # One row that fails must not cost the others.
            report["rows"][row.NAME] = {"failure": str(failure), "measured": getattr(failure, "measured", None)}
            context.say(f"\n{row.NAME}: {failure}")
            exit_code = max(exit_code, failure.exit_code)
        finally:
            if options.json:
                options.json.write_text(json.dumps(report, indent=1))
    return exit_code
