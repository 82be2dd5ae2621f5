#!/usr/bin/env python3
"""Benchmarks of the gateway as commands: docs/benchmarks.md says what each row measures and what it must beat."""

import sys

from harness.commands import main

if __name__ == "__main__":
    sys.exit(main())
