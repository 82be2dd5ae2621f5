"""What stands between a client and the model servers: nothing, nginx, the raw proxy or the gateway."""

import json
import signal
import socket
import time
import urllib.request

from harness import software
from harness.failure import Failure
from harness.ports import free_port

RAW = "raw Netty"
NGINX = "nginx"
DIRECT = "direct"
MODEL = "m"

ROUTE_OPTIONS = {
    # What stands in a route without meters must not be measured by Camel either.
    "camel.metrics.enabled": "false",
    "camel.management.metricsEnabled": "false",
    # Metric pages are a cost of time, not of requests: the first report stays fresh for the whole run.
    "bactrian.metrics.interval": "1h",
    "bactrian.metrics.stale-after": "2h",
}


def fetch_json(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
        return json.load(response)


class Target:
    """Something that takes requests on a port, whose processor time can be read."""

    def __init__(self, name, port, child):
        self.name = name
        self.port = port
        self.child = child
        self.control = None  # port of the page that tells allocated bytes

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self):
        return self.child.cpu_seconds() if self.child else 0.0

    def figures(self, path="/"):
        return fetch_json(self.control, path)

    def allocated_bytes(self):
        return self.figures()["allocatedBytes"] if self.control else None

    def pause(self):
        if self.control:
            self.child.pause()

    def resume(self):
        if self.control:
            self.child.resume()


class Bench:
    """Starts the parts of one row with one JDK."""

    def __init__(self, processes, jdk, options):
        self.processes = processes
        self.jdk = jdk
        self.options = options

    def model_servers(self, ports=1, interval_ms=50, metrics_bytes=2048):
        """Starts model servers with fixed answers."""
        child = self.tools(
            "model-server",
            "model-server", "--ports", ports, "--interval-ms", interval_ms, "--metrics-bytes", metrics_bytes,
        )
        return ModelServers(child, json.loads(child.wait_for_line(r"^\{.*\}$").group(0))["ports"])

    def tools(self, name, *arguments, heap="-Xmx1g"):
        """Starts one of our own tools; these never share a process with what is measured."""
        classpath = f"{software.TOOLS_JAR}:{software.GATEWAY_JAR}"
        return self.processes.start(
            name, [self.jdk.java, heap, "-cp", classpath, "io.bactrian.benchmarks.Tools", *arguments]
        )

    def direct(self, servers):
        return Target(DIRECT, servers.ports[0], None)

    def raw_proxy(self, servers):
        command = [
            self.jdk.java, *self.options.jvm_options, "-cp", f"{software.TOOLS_JAR}:{software.GATEWAY_JAR}",
            "io.bactrian.benchmarks.Tools", "raw-proxy", "--upstream-port", servers.ports[0],
        ]
        child = self.processes.start("raw-proxy", command)
        started = json.loads(child.wait_for_line(r"^\{.*\}$").group(0))
        target = Target(RAW, started["port"], child)
        target.control = started["control"]
        return target

    def nginx(self, servers, http2=False):
        port = free_port()
        folder = self.processes.folder / f"nginx-{port}"
        folder.mkdir()
        configuration = folder / "nginx.conf"
        configuration.write_text(nginx_configuration(folder, port, servers.ports[0], http2))
        child = self.processes.start(
            "nginx", [software.tool("nginx"), "-p", folder, "-c", configuration], signal.SIGTERM
        )
        wait_for_port(child, port)
        return Target(NGINX, port, child)

    def gateway(self, name, servers, properties=None, route=None, jvm_options=()):
        """Starts the gateway before all of `servers`, or those that `properties` name, with the built-in routes or `route`."""
        port = free_port()
        settings = {
            "bactrian.http.port": str(port),
            "bactrian.pools.a.models": MODEL,
            "camel.management.port": str(free_port()),
            **(properties or {}),
        }
        if servers is not None:
            settings["bactrian.pools.a.endpoints"] = ",".join(f"127.0.0.1:{port}" for port in servers.ports)
        if route is not None:
            settings["bactrian.routes.dir"] = str(self._routes(name, route))
        command = [
            self.jdk.java, *self.options.jvm_options, *jvm_options,
            *(f"-D{key}={value}" for key, value in settings.items()),
            "-cp", f"{software.GATEWAY_JAR}:{software.TOOLS_JAR}",
            "io.bactrian.benchmarks.MeasuredGateway", "serve",
        ]
        child = self.processes.start("gateway", command)
        child.wait_for_line("serving http://")
        target = Target(name, port, child)
        target.control = int(child.wait_for_line(r'"control":(\d+)').group(1))
        return target

    def echo_picker(self, name, light):
        """Starts the ceiling of an endpoint picker."""
        command = [
            self.jdk.java, *self.options.jvm_options, "-cp", f"{software.TOOLS_JAR}:{software.GATEWAY_JAR}",
            "io.bactrian.benchmarks.Tools", "echo-picker", *(["--light"] if light else []),
        ]
        child = self.processes.start("echo-picker", command)
        return Target(name, json.loads(child.wait_for_line(r"^\{.*\}$").group(0))["port"], child)

    def picker(self, name, servers, light):
        """Starts the endpoint picker before all of `servers`."""
        port = free_port()
        settings = {
            "bactrian.role": "endpoint-picker",
            "bactrian.ext-proc.port": str(port),
            "bactrian.ext-proc.health-port": str(free_port()),
            "bactrian.ext-proc.tls": "off",
            "bactrian.ext-proc.read-responses": "false" if light else "true",
            "bactrian.pools.a.models": MODEL,
            "bactrian.pools.a.endpoints": ",".join(f"127.0.0.1:{port}" for port in servers.ports),
            "camel.management.port": str(free_port()),
        }
        command = [
            self.jdk.java, *self.options.jvm_options, *(f"-D{key}={value}" for key, value in settings.items()),
            "-jar", software.GATEWAY_JAR, "serve",
        ]
        child = self.processes.start("picker", command)
        child.wait_for_line("serving ext-proc://")
        return Target(name, port, child)

    def _routes(self, name, route):
        folder = self.processes.folder / ("routes-" + "".join(c if c.isalnum() else "-" for c in name))
        folder.mkdir(exist_ok=True)
        (folder / software.BUILT_IN_DOOR.name).write_text(route)
        return folder


class ModelServers:
    """Model servers of one process, each on a port of its own."""

    def __init__(self, child, ports):
        self.child = child
        self.ports = ports

    def stats(self):
        return fetch_json(self.ports[0], "/stats")


def wait_for_port(child, port):
    due = time.monotonic() + 10
    while time.monotonic() < due and child.is_running():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failure(f"{child.name} does not listen:\n{child.output()}")


def nginx_configuration(folder, port, upstream_port, http2):
    return f"""
daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 64m;
  client_body_buffer_size 64k;
  keepalive_requests 100000000;
  upstream model_server {{
    server 127.0.0.1:{upstream_port};
    keepalive 1024;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} {"http2 " if http2 else ""}backlog=8192;
    location / {{
      proxy_pass http://model_server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""
