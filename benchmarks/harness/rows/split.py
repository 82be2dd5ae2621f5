"""Small requests whose prompt another endpoint computes: what the split adds to the CPU of a request, in the same run.

Both gateways have the same ten endpoints, half of them for prefill, and the same scheduling file but for the decider. The prefill endpoint
answers at once with parameters as vLLM's NixlConnector returns them."""

from harness import wrk
from harness.rows.requests import COLUMNS, sample_rounds
from harness.tables import comparison, number

NAME = "split"
HELP = "wrk, 64 connections, 600-byte POST: CPU that a split between prefill and decode adds to a request"

AGGREGATED = "aggregated"
SPLIT = "split, nixlv2"
ENDPOINTS = 10
DECIDERS = {
    AGGREGATED: "{type: prefix-based-pd-decider, name: decider, parameters: {nonCachedTokens: 0}}",
    SPLIT: "{type: always-disagg-pd-decider, name: decider}",
}
SCHEDULING = """apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
- type: decode-filter
- type: prefill-filter
- type: queue-scorer
- type: kv-cache-utilization-scorer
- type: prefix-cache-scorer
- {decider}
- type: disagg-profile-handler
  parameters: {{deciders: {{prefill: {{pluginRef: decider}}}}}}
schedulingProfiles:
- name: decode
  plugins: [{{pluginRef: decode-filter}}, {{pluginRef: queue-scorer}}, {{pluginRef: kv-cache-utilization-scorer}},
            {{pluginRef: prefix-cache-scorer}}]
- name: prefill
  plugins: [{{pluginRef: prefill-filter}}, {{pluginRef: queue-scorer}}, {{pluginRef: kv-cache-utilization-scorer}},
            {{pluginRef: prefix-cache-scorer}}]
"""


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    servers = bench.model_servers(ENDPOINTS)
    targets = [_gateway(bench, servers, name) for name in DECIDERS]
    before = servers.stats()["requests"]
    samples = sample_rounds(context, bench, targets, wrk)
    context.say(f"\n### split, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, COLUMNS, AGGREGATED))
    added = {key: samples.median(SPLIT, key) - samples.median(AGGREGATED, key) for key in ("cpu_us", "allocated")}
    context.say(
        f"\nA split adds {number(added['cpu_us'], 1)} us of CPU and {number(added['allocated'], 0)} bytes to a request;"
        f" the endpoints answered {servers.stats()['requests'] - before} legs."
    )
    return {"samples": samples.rounds, "added": added}


def _gateway(bench, servers, name):
    folder = bench.processes.folder / name.replace(", ", "-")
    folder.mkdir()
    endpoints = folder / "endpoints.yaml"
    half = len(servers.ports) // 2
    endpoints.write_text("endpoints:\n" + "".join(
        f"- {{name: e{i}, address: 127.0.0.1, port: {port}, labels: {{llm-d.ai/role: {'prefill' if i < half else 'decode'}}}}}\n"
        for i, port in enumerate(servers.ports)
    ))
    scheduling = folder / "scheduling.yaml"
    scheduling.write_text(SCHEDULING.format(decider=DECIDERS[name]))
    return bench.gateway(name, None, {
        "bactrian.pools.a.endpoints-file": endpoints,
        "bactrian.pools.a.scheduling-file": scheduling,
    })
