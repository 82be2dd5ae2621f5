"""What every row is given."""

import sys
import time

from harness.processes import Processes
from harness.targets import Bench


class Context:
    """The options of the command line, and where to report."""

    def __init__(self, options, jdks):
        self.options = options
        self.jdks = jdks

    def benches(self):
        """Yields a bench for each JDK; what it started has ended before the next one begins."""
        for jdk in self.jdks:
            with Processes() as processes:
                yield Bench(processes, jdk, self.options)

    def say(self, text=""):
        print(text, flush=True)

    def note(self, text):
        """Tells what is going on, beside the report."""
        print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
