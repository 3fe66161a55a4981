"""Benchmarks: one command each, printing one JSON object, with a peer measured in the same run."""
