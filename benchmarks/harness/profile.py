"""A flight recording of the gateway under the load of a row, as tables: time by method, allocation by site."""

import subprocess

from harness import h2load, stages, wrk
from harness.failure import Failure
from harness.rows import chunks, http2, requests

NAME = "profile"
HELP = "records the gateway under requests, http2 or chunks and prints where time and memory go"

STACK_DEPTH = 256
# System calls are not sampled: such samples count time waited for a processor too. Their share is the system time.
SETTINGS = [
    "jdk.ExecutionSample#period=5ms",
    "jdk.NativeMethodSample#enabled=false",
    "jdk.ObjectAllocationSample#throttle=1000/s",
]


def run(options, context):
    jdk = context.jdks[0]
    for bench in context.benches():
        if bench.jdk is not jdk:
            continue
        if options.load == chunks.NAME:
            servers = bench.model_servers(chunks.ENDPOINTS, interval_ms=chunks.INTERVAL_MILLIS)
            gateway = stages.gateway(bench, servers, stages.FULL)
            chunks.stream(bench, gateway, options.warm_up)
            load = lambda: chunks.stream(bench, gateway, options.seconds)
        else:
            servers = bench.model_servers(requests.ENDPOINTS)
            gateway = stages.gateway(bench, servers, options.stage)
            client = h2load if options.load == http2.NAME else wrk
            requests.warm_up(bench, gateway, options.warm_up, client)
            load = lambda: client.run(bench.processes, gateway.port, options.seconds)
        recording = bench.processes.folder / "gateway.jfr"
        _jcmd(jdk, gateway, "JFR.configure", f"stackdepth={STACK_DEPTH}")
        _jcmd(jdk, gateway, "JFR.start", "name=profile", "settings=profile", *SETTINGS)
        user, system = gateway.child.user_and_system_seconds()
        load()
        user_after, system_after = gateway.child.user_and_system_seconds()
        _jcmd(jdk, gateway, "JFR.dump", "name=profile", f"filename={recording}")
        if options.keep:
            options.keep.write_bytes(recording.read_bytes())
        gateway.pause()
        context.say(f"CPU: user {user_after - user:.2f} s, system {system_after - system:.2f} s")
        report = bench.tools("flight-report", "flight-report", recording, "--top", options.top)
        context.say(report.wait(120))


def _jcmd(jdk, target, *arguments):
    done = subprocess.run(
        [str(jdk.home / "bin" / "jcmd"), str(target.child.pid), *arguments], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Failure(f"jcmd {' '.join(arguments)}: {done.stdout}{done.stderr}")
