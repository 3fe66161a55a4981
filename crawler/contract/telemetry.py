"""The metrics of all houses, each declared once here. Nothing is registered before it is first used."""

from functools import cache
from typing import Final

import msgspec
from prometheus_client import Counter, Gauge


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric as it is told to Prometheus."""

    name: str
    """In base units; counters end in `_total`."""
    meaning: str
    """Its help text."""


NATIVE_CORE: Final = Metric(
    name="zoeklicht_native_core",
    meaning="Whether the compiled crate is in use in this process: 1, or 0 for its slower NumPy twins.",
)

ENTRIES_FLOODING: Final = Metric(
    name="zoeklicht_entries_flooding_total",
    meaning="Entries of the known set that began to match so much that their matches are held apart for people.",
)

MATCHES_LEFT_OUT: Final = Metric(
    name="zoeklicht_matches_left_out_total",
    meaning="Matches that are not told because the same picture matches a thousand nearer entries.",
)


@cache
def gauge(metric: Metric) -> Gauge:
    """The gauge of this declaration in the default registry; the same one each time."""
    return Gauge(metric.name, metric.meaning)


@cache
def counter(metric: Metric) -> Counter:
    """The counter of this declaration in the default registry; the same one each time. It begins at 0."""
    return Counter(metric.name.removesuffix("_total"), metric.meaning)
