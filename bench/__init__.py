"""Benchmarks that anyone can run. Each figure is a ratio of things measured side by side in one run."""
