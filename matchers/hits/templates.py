"""What Elasticsearch is to know of our indices: strict mappings, so that nothing unforeseen is ever stored.

An index `PREFIX-hits-v1` stands behind the alias `PREFIX-hits`, and so on: ids are deterministic, so a kind never
spreads over several indices of one alias. No scripts, no pipelines, no lifecycle: plain index templates.
"""

from collections.abc import Mapping
from typing import Any, Final

KINDS: Final = ("hits", "evidence", "sightings", "coverage")

VERSION: Final = 1
"""The number in the indices' names: of mappings that cannot be added to."""
MAPPINGS: Final = 2
"""What the mappings hold: grows with every field that is added. An index tells its own in its `_meta`."""

# Any: Elasticsearch's own JSON.
Json = dict[str, Any]

_KEYWORD: Final[Json] = {"type": "keyword", "ignore_above": 256}
_DIGEST: Final[Json] = {"type": "keyword", "ignore_above": 64}
_DATE: Final[Json] = {"type": "date"}
_INTEGER: Final[Json] = {"type": "integer"}
_LONG: Final[Json] = {"type": "long"}
_BOOLEAN: Final[Json] = {"type": "boolean"}
# A server that answers from an address of a kind we cannot think of must not stop the matcher.
_IP: Final[Json] = {"type": "ip", "ignore_malformed": True}
# Kept in the document and nowhere else: not to be searched, sorted or grouped by.
_SEALED: Final[Json] = {"type": "keyword", "index": False, "doc_values": False}


def _object(**properties: Json) -> Json:
    return {"type": "object", "dynamic": "strict", "properties": properties}


_PROPERTIES: Final[Mapping[str, Json]] = {
    "hits": {
        "hit_id": _DIGEST,
        "first_seen": _DATE,
        "standing": _KEYWORD,
        "reopened_at": _DATE,
        "sealed_address": _SEALED,
        "page_digest": _DIGEST,
        "origin": _object(host=_KEYWORD, site=_KEYWORD, site_type=_KEYWORD, report_id=_KEYWORD),
        "peer": _object(
            ip=_IP,
            port=_INTEGER,
            country=_object(code=_KEYWORD, source=_KEYWORD, as_of=_DATE),
            asn=_LONG,
            cdn=_KEYWORD,
        ),
        "media_type": _KEYWORD,
        "width": _INTEGER,
        "height": _INTEGER,
        # The desk's. Matchers never write it.
        "review": _object(state=_KEYWORD, by=_KEYWORD, at=_DATE, version=_LONG),
    },
    "evidence": {
        "evidence_id": _DIGEST,
        "hit_id": _DIGEST,
        "picture": _DIGEST,
        "match": _object(
            algorithm=_KEYWORD,
            distance=_INTEGER,
            list=_KEYWORD,
            list_id=_KEYWORD,
            category=_KEYWORD,
            source=_KEYWORD,
            turned=_KEYWORD,
            prepared=_KEYWORD,
            meaning=_KEYWORD,
            list_version=_KEYWORD,
            disputed=_BOOLEAN,
            held_apart=_KEYWORD,
        ),
        "pdq_quality": _INTEGER,
        "known_version": _LONG,
        "seen_at": _DATE,
        "withdrawn": _KEYWORD,
        "restated": _object(version=_LONG, at=_DATE),
    },
    "coverage": {
        "figure_id": {"type": "keyword", "ignore_above": 512},
        "day": _DATE,
        "at": _DATE,
        "scope": _KEYWORD,
        "scope_kind": _KEYWORD,
        "kind": _KEYWORD,
        "outcome": _KEYWORD,
        "reason": _KEYWORD,
        "count": _LONG,
    },
    "sightings": {"sighting_id": _DIGEST, "hit_id": _DIGEST, "at": _DATE, "status": _INTEGER, "ip": _IP},
}


def alias(prefix: str, kind: str) -> str:
    """The name that is written to and read from."""
    return f"{prefix}-{kind}"


def index(prefix: str, kind: str) -> str:
    """The name of the index behind the alias."""
    return f"{prefix}-{kind}-v{VERSION}"


def index_template(prefix: str, kind: str) -> Json:
    """The body of `PUT _index_template/PREFIX-KIND`."""
    return {
        "index_patterns": [f"{prefix}-{kind}-v*"],
        "priority": 500,
        "version": MAPPINGS,
        "template": {
            "settings": {
                "index": {
                    "number_of_shards": 1,
                    "auto_expand_replicas": "0-1",
                    # Said out loud: left to its default, an index nobody searched for 30 s is not refreshed any
                    # more, and a hit would become visible only after the next search.
                    "refresh_interval": "1s",
                }
            },
            "mappings": {"_meta": {"mappings": MAPPINGS}, "dynamic": "strict", "properties": _PROPERTIES[kind]},
        },
    }
