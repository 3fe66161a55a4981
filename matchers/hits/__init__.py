"""The hit store: the door to its two adapters, SQLite and Elasticsearch."""

from functools import partial
from pathlib import Path

from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError
from matchers.contract.ports import HitStore
from matchers.hits.configuration import HitsTable

__all__ = ["HitsTable", "open_hit_store"]


def open_hit_store(table: HitsTable, state: Path) -> HitStore:
    """The hit store that the configuration names. Elasticsearch is not asked yet: it may come up later.

    Raises `ConfigError` for a table that cannot be used, and the port's errors when the file cannot be opened.
    """
    if table.kind == "embedded":
        from matchers.hits.sqlite import SqliteHitStore  # noqa: PLC0415 - each process loads the adapter it uses

        return SqliteHitStore(table.file or state / "hits.sqlite")
    return _elastic(table)


def _elastic(table: HitsTable) -> HitStore:
    if not table.urls:
        raise ConfigError('[hits]: kind = "elasticsearch" needs `urls`, for example ["https://localhost:9200"].')
    if (table.user is None) != (table.password_file is None):
        raise ConfigError("[hits]: `user` and `password_file` go together.")
    if table.ca_file and not table.ca_file.is_file():
        raise ConfigError(f"[hits]: ca_file: {table.ca_file} is no file.")
    # 0.4 s to import, which an embedded chain need not pay.
    from elasticsearch import Elasticsearch  # noqa: PLC0415

    from matchers.hits.elastic import ElasticHitStore  # noqa: PLC0415

    login = None
    if table.user and table.password_file:
        login = (table.user, read_secret(table.password_file, "[hits] password_file"))
    connect = partial(
        Elasticsearch,
        list(table.urls),
        basic_auth=login,
        request_timeout=table.request_seconds,
        max_retries=0,  # ours look at every item of a bulk, and are bounded over the whole of it
        retry_on_timeout=False,
    )
    try:
        client = connect(ca_certs=str(table.ca_file)) if table.ca_file else connect()
    except ValueError:
        raise ConfigError("[hits]: `urls` must look like https://name:9200, with scheme and port.") from None
    return ElasticHitStore(client, prefix=table.prefix, attempts=table.attempts)
