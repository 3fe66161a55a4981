"""The hit store: the door to its two adapters, SQLite and Elasticsearch."""

from collections.abc import Iterator
from pathlib import Path

from crawler.contract.findings import Finding
from matchers.contract.ports import HitStore
from matchers.hits.configuration import HitsTable

__all__ = ["HitsTable", "check_hits", "open_hit_store"]


def open_hit_store(table: HitsTable, state: Path) -> HitStore:
    """The hit store that the configuration names. Elasticsearch is not asked yet: it may come up later.

    Raises `ConfigError` for a table that cannot be used, and the port's errors when the file cannot be opened.
    """
    if table.kind == "embedded":
        from matchers.hits.sqlite import SqliteHitStore  # noqa: PLC0415 - each process loads the adapter it uses

        return SqliteHitStore(table.file or state / "hits.sqlite")
    # 0.4 s to import, which an embedded chain need not pay.
    from matchers.hits.elastic import ElasticHitStore  # noqa: PLC0415
    from matchers.hits.elastic_client import connect  # noqa: PLC0415

    return ElasticHitStore(connect(table), prefix=table.prefix, attempts=table.attempts)


def check_hits(table: HitsTable) -> Iterator[Finding]:
    """What the server behind it says of itself; nothing for the embedded one. Raises what opening it raises."""
    if table.kind == "elasticsearch":
        from matchers.hits.elastic_checkup import findings  # noqa: PLC0415

        yield from findings(table)
