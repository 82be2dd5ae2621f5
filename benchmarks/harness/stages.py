"""Routes that leave stages out, so that the difference between two of them is what a stage costs."""

from harness import software
from harness.targets import ROUTE_OPTIONS

RELAY = "relay only"
FULL = "full path"

_STEPS = {
    "fixed-request": "process: {id: fixed-request, ref: fixedRequest}",
    "fixed-choice": "process: {id: fixed-choice, ref: fixedChoice}",
    "read-request": "process: {id: read-request, ref: readRequest}",
    "assign-pool": "process: {id: assign-pool-directly, ref: assignPool}",
    "enrich-metrics": "process: {id: enrich-metrics-directly, ref: enrichMetrics}",
    "enrich-prefix": "process: {id: enrich-prefix-directly, ref: enrichPrefix}",
    "pick-endpoints": "process: {id: pick-endpoints-directly, ref: pickEndpoints}",
    "quiet-decode": "to: {id: decode-quietly, uri: 'quiet-model-server:decode'}",
    "decode": "to: {id: decode-directly, uri: 'model-server:decode'}",
}

_READ = ["read-request"]
_METRICS = [*_READ, "assign-pool", "enrich-metrics"]
_PREFIX = [*_METRICS, "enrich-prefix"]
_PICK = [*_PREFIX, "pick-endpoints"]

# Each names what it adds to the one before it. enrich-prefix alone matches; what is learnt from a pick is pick's cost.
STAGES = {
    RELAY: ["fixed-request", "fixed-choice", "quiet-decode"],
    "+ read-request": [*_READ, "fixed-choice", "quiet-decode"],
    "+ assign-pool, enrich-metrics": [*_METRICS, "fixed-choice", "quiet-decode"],
    "+ enrich-prefix": [*_PREFIX, "fixed-choice", "quiet-decode"],
    "+ pick-endpoints": [*_PICK, "quiet-decode"],
    "+ meters": [*_PICK, "decode"],
}


def gateway(bench, servers, stage):
    """Starts the gateway with the route of `stage`."""
    if stage == FULL:
        return bench.gateway(FULL, servers)
    properties = dict(ROUTE_OPTIONS)
    if "decode" in STAGES[stage]:
        del properties["camel.metrics.enabled"]
        del properties["camel.management.metricsEnabled"]
    return bench.gateway(stage, servers, properties, route(STAGES[stage], servers.ports[0]))


def route(steps, port):
    """Returns the built-in door with `steps` behind it, and the beans they need."""
    door = software.BUILT_IN_DOOR.read_text().partition("      steps:\n")
    lines = "".join(f"        - {_STEPS[step]}\n" for step in steps)
    return f"""- beans:
    - name: fixedRequest
      type: io.bactrian.benchmarks.FixedRequest
    - name: fixedChoice
      type: io.bactrian.benchmarks.FixedChoice
      constructors: {{"0": "127.0.0.1:{port}"}}
    - name: quiet-model-server
      type: io.bactrian.benchmarks.QuietModelServer
      factoryMethod: create
      constructors: {{"0": "#bean:eventLoops"}}
{door[0]}{door[1]}{lines}"""
