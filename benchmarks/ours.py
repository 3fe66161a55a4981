"""Our side, as an operator would start it: its command line and one configuration file."""

import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.practice_web import Web
from benchmarks.servers import PARTITIONS, Servers
from benchmarks.sides import moment
from crawler.contract.digesting import keyed_digest
from crawler.contract.records import IMAGES_SEEN
from crawler.sealing import read_digest_key
from crawler.transport import TransportTable, decode, open_subscriber
from matchers.hits import HitsTable, open_hit_store
from zoeklicht.practice.configuration import practice_document, practice_profiles, write_configuration

# Any, here and below: TOML's values.
Tables = dict[str, Any]


class Prepared:
    """What all our runs share: keys, and the known set, imported once."""

    def __init__(self, web: Web, known: Path, folder: Path) -> None:
        """Make the keys and import the list in that folder. Raises `CalledProcessError`."""
        self._web = web
        keys = folder / "state" / "keys"
        self.profiles = practice_profiles(port=web.ready.port, gap_seconds=0)
        self.tables: Tables = practice_document()
        config = write_config(folder, self.tables, self.profiles)
        run(command(config, "keys", "create"))
        categories = folder / "categories.toml"
        categories.write_text('[categories]\npractice = "illegal"\nfiller = "illegal"\n')
        told = ("--source", "benchmarks", "--regime", "csam", "--contact", "nobody", "--categories", str(categories))
        run(command(config, "known", "register", "benchmark", *told, "--by", "one"))
        run(command(config, "known", "approve", "1", "--by", "another"))
        began = time.monotonic()
        run(command(config, "known", "import", str(known), "--list", "benchmark"))
        self.import_seconds = time.monotonic() - began
        self.tables |= {
            "keys": {
                "desk_public_file": str(keys / "desk.public"),
                "digest_key_file": str(keys / "digest.key"),
                "veil_key_file": str(keys / "veil.key"),
            },
            "known": {"file": str(folder / "state" / "known.sqlite"), "one_account": True},
        }
        key = read_digest_key(keys / "digest.key")
        # A picture is named by the keyed digest of its address, which whoever has the key can make again.
        self.picture_names: Mapping[str, str] = {
            url: keyed_digest(key, "item", url, "") for url in web.ready.picture_urls
        }
        self.hit_names: Mapping[str, str] = {
            each.url: keyed_digest(key, "item", each.url, "") for each in web.truth.planted
        }


class OurSide:
    """Ours on Redis, Kafka and Elasticsearch."""

    name = "ours"
    publishes_empty = False

    def __init__(self, prepared: Prepared, servers: Servers, folder: Path, *, lease_seconds: float) -> None:
        """Empty the servers and write the configuration."""
        servers.empty()
        self.hit_names, self.picture_names = prepared.hit_names, prepared.picture_names
        self._client = servers.client
        self._prefix = folder.name
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(servers.password, encoding="utf-8")
        frontier = {
            **prepared.tables["frontier"],
            "kind": "redis",
            "redis_url": servers.redis_url,
            "lease_seconds": lease_seconds,
        }
        transport = {
            "kind": "kafka",
            "bootstrap_servers": [servers.kafka],
            "group": self._prefix,
            "partitions": PARTITIONS,
            "replication_factor": 1,
        }
        hits = {
            "kind": "elasticsearch",
            "urls": [servers.elasticsearch],
            "user": servers.user,
            "password_file": str(password),
            "prefix": self._prefix,
        }
        tables = prepared.tables | {"frontier": frontier, "transport": transport, "hits": hits}
        self._transport = msgspec.convert(transport, TransportTable)
        self._state = folder / "state"
        config = write_config(folder, tables, prepared.profiles)
        self.matcher = command(config, "match")
        self.crawler = command(config, "crawl", "--once")

    def hits(self) -> Mapping[str, float]:
        """See `Side`."""
        found = self._client.search(
            index=f"{self._prefix}-hits",
            source_includes=["hit_id", "first_seen"],
            size=10_000,
            ignore_unavailable=True,
        )
        documents = [each["_source"] for each in found["hits"]["hits"]]
        return {each["hit_id"]: moment(each["first_seen"]) for each in documents}

    def published(self) -> Collection[str]:
        """See `Side`."""
        return published(self._transport, self._state)

    def close(self) -> None:
        """See `Side`: the client is the servers'."""


class EmbeddedSide:
    """Ours on one machine, without a server: the default."""

    name = "embedded"
    publishes_empty = False

    def __init__(self, prepared: Prepared, folder: Path, *, lease_seconds: float) -> None:
        """Write the configuration and make the state folder."""
        self.hit_names, self.picture_names = prepared.hit_names, prepared.picture_names
        tables = prepared.tables | {"frontier": {**prepared.tables["frontier"], "lease_seconds": lease_seconds}}
        config = write_config(folder, tables, prepared.profiles)
        self._state = folder / "state"
        self._state.mkdir(mode=0o700)
        self._store = open_hit_store(HitsTable(), self._state)
        self.matcher = command(config, "match")
        self.crawler = command(config, "crawl", "--once")

    def hits(self) -> Mapping[str, float]:
        """See `Side`."""
        return {hit.hit.id: hit.first_seen.timestamp() for hit in self._store.hits()}

    def published(self) -> Collection[str]:
        """See `Side`."""
        return published(TransportTable(), self._state)

    def close(self) -> None:
        """See `Side`."""
        self._store.close()


def published(table: TransportTable, state: Path) -> Collection[str]:
    """The keyed digests of all items of the topic, read by a group of its own."""
    subscriber = open_subscriber(table, state, IMAGES_SEEN, "benchmark")
    found = set()
    try:
        while subscriber.lag():
            deliveries = subscriber.poll(limit=1000, timeout=1.0)
            found |= {decode(each.value).item_digest for each in deliveries}
            subscriber.commit(deliveries)
    finally:
        subscriber.close()
    return found


def write_config(folder: Path, tables: Tables, profiles: Sequence[Mapping[str, Any]]) -> Path:
    """The configuration file of a run and its site profiles, in its folder."""
    path = folder / "zoeklicht.toml"
    write_configuration(path, tables, profiles)
    return path


def command(config: Path, *arguments: str) -> Sequence[str]:
    """`zoeklicht …` with this configuration."""
    return [sys.executable, "-m", "zoeklicht", *arguments, "--config", str(config)]


def run(words: Sequence[str]) -> None:
    """Run a command to its end; what it says on stdout is not wanted."""
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
