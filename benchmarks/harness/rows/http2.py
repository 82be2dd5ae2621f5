"""The small requests of the row `requests`, multiplexed over HTTP/2 by h2load, beside nginx. Upstream is HTTP/1.1."""

from harness import h2load, stages
from harness.rows import requests
from harness.tables import Samples, comparison
from harness.targets import NGINX

NAME = "http2"
HELP = "h2load, 8 connections of 8 streams, 600-byte POST, small JSON answer: cost over HTTP/2 beside nginx"


def run(context):
    return {bench.jdk.name: _run(context, bench) for bench in context.benches()}


def _run(context, bench):
    servers = bench.model_servers(requests.ENDPOINTS)
    targets = [bench.nginx(servers, http2=True)]
    targets += [stages.gateway(bench, servers, name) for name in (stages.RELAY, stages.FULL)]
    samples = requests.sample_rounds(context, bench, targets, h2load)
    context.say(f"\n### http2, {bench.jdk.name} ({bench.jdk.version})\n")
    context.say(comparison(samples, requests.COLUMNS, NGINX))
    return {"samples": samples.rounds}
