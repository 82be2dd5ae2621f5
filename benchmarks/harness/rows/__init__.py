"""The rows of docs/benchmarks.md. Each has NAME, HELP and run(context), which returns what is reported."""
