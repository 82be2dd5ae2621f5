"""What a run needs on the machine: our jars, JDKs, wrk, h2load, nginx."""

import os
import platform
import re
import resource
import shutil
import subprocess
from pathlib import Path

from harness.failure import Failure

REPOSITORY = Path(__file__).resolve().parents[2]
GATEWAY_JAR = REPOSITORY / "target" / "bactrian.jar"
TOOLS_JAR = REPOSITORY / "benchmarks" / "target" / "bactrian-benchmarks.jar"
JMH_FOLDER = REPOSITORY / "benchmarks" / "target" / "jmh"
BUILT_IN_DOOR = REPOSITORY / "src" / "main" / "resources" / "routes" / "serve-inference.camel.yaml"
JDK_25_VARIABLE = "JAVA25_HOME"
MIN_OPEN_FILES = 20_000

INSTALL_HINT = "apt-get install wrk nginx-light nghttp2-client; nginx need not run as a service"


class Jdk:
    """One JDK, by the folder that holds bin/java."""

    def __init__(self, home):
        self.home = Path(home)
        self.java = self.home / "bin" / "java"
        if not self.java.exists():
            raise Failure(f"--jdk: {home} (expected: a folder with bin/java)")
        printed = subprocess.run([self.java, "-version"], capture_output=True, text=True, check=True).stderr
        self.version = re.search(r'version "([^"]+)"', printed).group(1)
        self.name = "JDK " + self.version.split(".")[0]


def jdks(homes):
    """Returns the JDKs named on the command line, else the default one and that of JAVA25_HOME."""
    if not homes:
        java = shutil.which("java")
        default = os.environ.get("JAVA_HOME") or (java and str(Path(java).resolve().parents[1]))
        homes = [home for home in (default, os.environ.get(JDK_25_VARIABLE)) if home]
    if not homes:
        raise Failure("no JDK (expected: --jdk, JAVA_HOME or java in the path)")
    return [Jdk(home) for home in homes]


def require(*tools):
    """Fails unless every tool is installed."""
    missing = [tool for tool in tools if shutil.which(tool, path=search_path()) is None]
    if missing:
        raise Failure(f"{', '.join(missing)}: not installed (install by: {INSTALL_HINT})")


def tool(name):
    require(name)
    return shutil.which(name, path=search_path())


def search_path():
    # nginx stands in a folder that is not on every user's path.
    return os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def require_jars():
    for jar in (GATEWAY_JAR, TOOLS_JAR):
        if not jar.exists():
            raise Failure(f"{jar.relative_to(REPOSITORY)}: not built (build by: benchmarks/run.py build)")


def build():
    """Builds the gateway and the tools."""
    maven = [str(REPOSITORY / "mvnw"), "-B", "-q"]
    quick = ["-Dmaven.test.skip", "-Dspotless.check.skip"]
    for command in ([*maven, *quick, "install"], [*maven, "-f", "benchmarks/pom.xml", "package"]):
        if subprocess.run(command, cwd=REPOSITORY).returncode != 0:
            raise Failure("the build failed: " + " ".join(command))


def raise_open_files():
    """Raises this process's limit of open files, which its children inherit, as far as that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    elif soft < MIN_OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (MIN_OPEN_FILES, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def require_open_files(needed):
    have = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if have < needed:
        raise Failure(f"open files: {have} (expected: at least {needed}; raise the hard limit, ulimit -Hn)")


def machine():
    """Describes the machine and the versions, for the report."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=REPOSITORY, capture_output=True, text=True
    ).stdout.strip()
    return {
        "processors": os.cpu_count(),
        "processor": cpu.group(1) if cpu else platform.machine(),
        "kernel": platform.release(),
        "loadBefore": os.getloadavg()[0],
        "revision": revision,
    }
