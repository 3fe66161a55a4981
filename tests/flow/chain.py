"""The chain as processes, as an operator would run it: a practice web, roles and hits by the command line."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import tomli_w

from zoeklicht.practice.configuration import (
    LIST_NAME,
    OWN_MANDATE,
    practice_document,
    practice_profiles,
    practice_secrets,
    write_configuration,
)
from zoeklicht.practice.features import Feature, features_named
from zoeklicht.practice.scoring import Score, score
from zoeklicht.practice.touched import Touched
from zoeklicht.practice.truth import Truth

Tables = Mapping[str, Mapping[str, Any]]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "zoeklicht", *arguments]


class Web:
    """A running practice web."""

    def __init__(self, port: int, truth: Truth, known: Path, features: frozenset[Feature]) -> None:
        self.port = port
        self.features = features
        self.truth = truth
        self.known = known

    def touched(self) -> Touched:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/touched") as answer:
            return msgspec.json.decode(answer.read(), type=Touched)


@contextmanager
def practice_web(folder: Path, *, pictures: int = 80, latency_ms: float = 0, features: str = "basic") -> Iterator[Web]:
    truth, known = folder / "truth.json", folder / "known.csv"
    arguments = ["--pictures", str(pictures), "--latency-ms", str(latency_ms), "--features", features]
    files = ["--truth", str(truth), "--known", str(known)]
    process = subprocess.Popen(command("practice", *arguments, *files), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        address = next(word for word in ready.split() if word.startswith("http://"))
        port = urlsplit(address).port
        assert port is not None
        yield Web(port, msgspec.json.decode(truth.read_bytes(), type=Truth), known, features_named(features))
    finally:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


class Chain:
    """One configuration and the processes run with it."""

    def __init__(self, folder: Path, document: Mapping[str, Any], wrap: tuple[str, ...] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "zoeklicht.toml"
        write_document(self.config, document)
        self._wrap = wrap
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def run(self, *arguments: str, timeout: float = 120) -> str:
        """Run a command to its end; returns what it printed."""
        done = subprocess.run(
            command(*arguments, "--config", str(self.config)),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a role; its log goes to a file beside the configuration."""
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [*self._wrap, *command(*arguments, "--config", str(self.config))],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def finish(self, process: subprocess.Popen[bytes], timeout: float = 180) -> None:
        """Wait for a role that ends by itself."""
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            raise AssertionError(f"still running after {timeout} s:\n{self.logs()}") from None
        assert code == 0, self.logs()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 of that process alone, as the kernel would."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def prepare(self, known: Path) -> None:
        self.run("keys", "create")
        mapping = self.folder / "categories.toml"
        mapping.write_text(tomli_w.dumps({"categories": {"practice": "illegal"}}))
        told = ("--source", "tests", "--regime", "csam", "--contact", "tests@host.example")
        self.run("known", "register", LIST_NAME, *told, "--categories", str(mapping), "--by", "one")
        self.run("known", "approve", "1", "--by", "another")
        said = self.run("known", "import", str(known), "--list", LIST_NAME, "--by", "one")
        if "known approve" in said:  # a small one takes two people
            self.run("known", "approve", "2", "--by", "another")

    def hits(self, *, opened: bool = False) -> list[dict[str, Any]]:
        lines = self.run("hits", "list", "--json", *(["--open", "--reason", "test"] if opened else []))
        return [json.loads(line) for line in lines.splitlines()]

    def score(self, truth: Truth) -> Score:
        return score(truth, [(hit["url"], hit["path_inside"]) for hit in self.hits(opened=True)])

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-4000:]}" for log in sorted(self.folder.glob("*.log")))


def document_for(web: Web, tables: Tables, **more: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration for that practice web on these adapters."""
    document = practice_document()
    document["sites"] = practice_profiles(port=web.port, gap_seconds=0, features=web.features)
    document["secrets"] = practice_secrets(web.features)
    document["crawl"] = {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.2}
    for name, table in {**tables, **more}.items():
        document[name] = {**document.get(name, {}), **table}
    return document


def write_document(config: Path, document: Mapping[str, Any]) -> None:
    """Write a configuration; its "sites" become profiles, with a mandate for those that state none.

    "secrets" are written beside them.
    """
    sites = [{"mandate": OWN_MANDATE, **site} for site in document.get("sites", [])]
    tables = {key: value for key, value in document.items() if key not in {"sites", "secrets"}}
    # The pace under test is the host's, unless a test says otherwise.
    tables["frontier"] = {"address_gap_seconds": 0, **tables.get("frontier", {})}
    # Whoever runs the tests has one account only.
    tables["known"] = {"one_account": True, **tables.get("known", {})}
    write_configuration(config, tables, sites, document.get("secrets"))


def wait_until(condition: Any, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} took longer than {seconds} s"
        time.sleep(0.05)
