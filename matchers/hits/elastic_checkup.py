"""Is this an Elasticsearch that our client talks to."""

from collections.abc import Iterator

from elasticsearch import ApiError, TransportError

from crawler.contract.findings import Finding
from matchers.hits.configuration import HitsTable
from matchers.hits.elastic_client import connect

_MAJOR_VERSIONS = (8, 9)


def findings(table: HitsTable) -> Iterator[Finding]:
    """Versions of Elasticsearch's nodes, where our user may ask. Raises `ConfigError`."""
    client = connect(table)
    try:
        nodes = client.nodes.info(metric="os", filter_path="nodes.*.version").get("nodes", {})
    except ApiError:
        yield Finding(level="ok", matter="hit store", text="our user may not ask Elasticsearch for its version")
        return
    except TransportError:
        return  # the hit store's own check tells that it is away
    finally:
        client.close()
    versions = sorted({node["version"] for node in nodes.values()})
    fits = all(int(version.partition(".")[0]) in _MAJOR_VERSIONS for version in versions)
    text = f"Elasticsearch {', '.join(versions)}" + ("" if fits else ". This client talks to 8 and 9.")
    yield Finding(level="ok" if fits else "failure", matter="hit store", text=text)
