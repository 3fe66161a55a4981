"""A Kafka broker of the tests' own: one node, KRaft, no ZooKeeper."""

import base64
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services import machine, maven, ports
from tests.services.server import Server, ServerFailedError

_LOGGING = """
log4j.rootLogger=WARN, stdout
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d %p %c: %m%n
"""


class KafkaServer(Server):
    """Two doors: `address` takes anyone, `sasl_address` asks for `sasl_user` and `sasl_password` (SASL PLAIN, no TLS).

    Topics are not created by mere mention.
    """

    name = "kafka"
    start_seconds = 90
    sasl_user = "tests"
    sasl_password = "only-on-loopback"

    def __init__(self) -> None:
        super().__init__()
        self._port, self._sasl_port, self._controller_port = ports.free(), ports.free(), ports.free()
        self._jars = Path()

    @property
    def address(self) -> str:
        """Host and port of the plain listener."""
        return f"127.0.0.1:{self._port}"

    @property
    def sasl_address(self) -> str:
        """Host and port of the listener that asks who is there."""
        return f"127.0.0.1:{self._sasl_port}"

    def prepare(self) -> None:
        self._jars = maven.kafka_jars()
        (self.folder / "log4j.properties").write_text(_LOGGING, encoding="utf-8")
        (self.folder / "server.properties").write_text(
            "".join(f"{key}={value}\n" for key, value in self._properties().items()), encoding="utf-8"
        )
        cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        arguments = ["format", "-t", cluster.replace("-", "A"), "-c", str(self.folder / "server.properties")]
        command = self._java("kafka.tools.StorageTool", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerFailedError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")

    def command(self) -> Sequence[str]:
        return self._java("kafka.Kafka", str(self.folder / "server.properties"))

    def answers(self) -> bool:
        # Its port is open a little before it will serve anyone.
        return "Kafka Server started" in self.said()

    def _java(self, main: str, *arguments: str) -> list[str]:
        return [
            str(machine.java_home() / "bin" / "java"),
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            f"-Dlog4j.configuration=file:{self.folder / 'log4j.properties'}",
            "-cp",
            f"{self._jars}/*",
            main,
            *arguments,
        ]

    def _properties(self) -> Mapping[str, object]:
        sasl = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        plain, guarded = f"PLAINTEXT://{self.address}", f"GUARDED://{self.sasl_address}"
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"{plain},{guarded},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"{plain},{guarded}",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.guarded.plain.sasl.jaas.config": f'{sasl} user_{self.sasl_user}="{self.sasl_password}";',
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # After `kill -9` the node must not wait long for its former self to expire.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
        }
