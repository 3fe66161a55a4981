"""The way to Elasticsearch: a client as the `[hits]` table describes it."""

from functools import partial

from elasticsearch import Elasticsearch

from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError
from matchers.hits.configuration import HitsTable


def connect(table: HitsTable) -> Elasticsearch:
    """A client that has not connected yet. Raises `ConfigError` for a table that cannot be used."""
    if not table.urls:
        raise ConfigError('[hits]: kind = "elasticsearch" needs `urls`, for example ["https://localhost:9200"].')
    if (table.user is None) != (table.password_file is None):
        raise ConfigError("[hits]: `user` and `password_file` go together.")
    if table.ca_file and not table.ca_file.is_file():
        raise ConfigError(f"[hits]: ca_file: {table.ca_file} is no file.")
    login = None
    if table.user and table.password_file:
        login = (table.user, read_secret(table.password_file, "[hits] password_file"))
    client = partial(
        Elasticsearch,
        list(table.urls),
        basic_auth=login,
        request_timeout=table.request_seconds,
        max_retries=0,  # ours look at every item of a bulk, and are bounded over the whole of it
        retry_on_timeout=False,
    )
    try:
        return client(ca_certs=str(table.ca_file)) if table.ca_file else client()
    except ValueError:
        raise ConfigError("[hits]: `urls` must look like https://name:9200, with scheme and port.") from None
