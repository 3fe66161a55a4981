"""Kafka's jars and Elasticsearch's archive, fetched by Maven once and kept in the cache."""

import subprocess
from pathlib import Path

from tests.services import cache, machine

KAFKA = "3.9.1"
ELASTICSEARCH = "8.19.21"

_POM = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>zoeklicht.tests</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{KAFKA}</version></dependency>
  </dependencies>
</project>
"""


def kafka_jars() -> Path:
    """The folder of Kafka's jars (105, 56 MB)."""

    def fill(folder: Path) -> None:
        (folder / "pom.xml").write_text(_POM, encoding="utf-8")
        _run(
            "-f",
            str(folder / "pom.xml"),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
            "-DincludeScope=runtime",
        )

    return cache.folder(f"kafka-{KAFKA}", fill)


def elasticsearch_archive() -> Path:
    """Elasticsearch's zip (107 MB): the server's core with security."""

    def fill(folder: Path) -> None:
        artifact = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{ELASTICSEARCH}:zip"
        _run("dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")

    return cache.folder(f"elasticsearch-{ELASTICSEARCH}", fill) / f"elasticsearch-{ELASTICSEARCH}.zip"


def _run(*arguments: str) -> None:
    command = [machine.maven(), "--batch-mode", "--quiet", *arguments]
    # Away from any pom of the folder we are called in.
    done = subprocess.run(command, cwd=cache.root(), capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"Maven could not fetch what the tests need; is the network there?\n{said}")
