"""Real servers for tests and benchmarks, on free ports of loopback, without a container engine or a system service.

`python -m tests.services install` fetches everything in advance; the fixtures of `plugin.py` do it when needed.
"""
