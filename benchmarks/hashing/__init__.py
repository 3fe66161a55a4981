"""Decoding and hashing beside plain wiring of the public libraries: `python -m benchmarks.hashing` prints JSON."""
