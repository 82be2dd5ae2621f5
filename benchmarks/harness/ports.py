"""Ports of this machine."""

import socket
import time

from harness.failure import Failure

START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_accepting(port):
    """Returns when somebody listens on the port."""
    due = time.monotonic() + START_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            if time.monotonic() > due:
                raise Failure(f"nothing listens on port {port} after {START_SECONDS} s") from None
            time.sleep(0.1)
