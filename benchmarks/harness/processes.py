"""Starts processes, reads what they cost, and ends every one of them by its id."""

import ctypes
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness.failure import Failure

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60
END_SECONDS = 5
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Child:
    """One process that this run started, and the processes that one started itself."""

    def __init__(self, name, popen, log, end_signal):
        self.name = name
        self.pid = popen.pid
        self.log = log
        self._popen = popen
        self._end_signal = end_signal

    def wait_for_line(self, pattern):
        """Returns the match of the first line of output that holds `pattern`."""
        due = time.monotonic() + START_SECONDS
        while time.monotonic() < due:
            for line in self.output().splitlines():
                match = re.search(pattern, line)
                if match:
                    return match
            if self._popen.poll() is not None:
                break
            time.sleep(0.05)
        raise Failure(f"{self.name} did not start; the end of its output:\n{self.output()[-3000:]}")

    def wait(self, seconds):
        """Returns the output of a process that ends by itself."""
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} has not ended within {seconds} s") from None
        if code != 0:
            raise Failure(f"{self.name} ended with {code}:\n{self.output()[-3000:]}")
        return self.output()

    def is_running(self):
        return self._popen.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def pids(self):
        """Returns its id and those of its children (nginx works in its children)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def cpu_seconds(self):
        """Returns user and system time taken so far."""
        user, system = self.user_and_system_seconds()
        return user + system

    def user_and_system_seconds(self):
        user = system = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            user += int(fields[11])
            system += int(fields[12])
        return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND

    def status_kib(self, field):
        """Returns VmRSS or VmHWM in KiB."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE).group(1))

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def reset_peak_rss(self):
        """Makes VmHWM count from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def pause(self):
        """Stops it from taking processor time while another is measured."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def end(self):
        if self._popen.poll() is None:
            self._popen.send_signal(self._end_signal)
            try:
                self._popen.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                for pid in self.pids():  # the workers of an nginx with requests under way outlive their master
                    os.kill(pid, signal.SIGKILL)
                self._popen.wait()


class Processes:
    """All processes of a run; a context manager that leaves none behind."""

    def __init__(self):
        self._children = []
        self._folder = tempfile.TemporaryDirectory(prefix="bactrian-benchmarks-")
        self.folder = Path(self._folder.name)

    def start(self, name, command, end_signal=signal.SIGKILL):
        """Starts `command` with an environment that cannot change what is measured."""
        log = self.folder / f"{len(self._children)}-{name}.log"
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("BACTRIAN_", "CAMEL_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"))
        }
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment,
                start_new_session=True,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, end_signal),
            )
        child = Child(name, popen, log, end_signal)
        self._children.append(child)
        return child

    def end(self, child):
        child.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self._children):
            child.end()
        self._folder.cleanup()
