"""The peer: the same libraries wired in an afternoon, without leases, acknowledgements, sealing or limits.

As a competent engineer would: every library as it is shipped, by its documentation, with its cost known. It stands
beside our chain in `benchmarks.chain` and is used nowhere else.
"""
