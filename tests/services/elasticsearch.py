"""An Elasticsearch of the tests' own: the server's core with security, one node, users in the file realm.

Not in this build: scripts, `_update_by_query`, `_delete_by_query`, lifecycle management, data streams, `GET /`.
"""

import base64
import contextlib
import http.client
import json
import os
import secrets
import shutil
import subprocess
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services import machine, maven, ports
from tests.services.server import Server, ServerFailedError

_SETTINGS = """
cluster.name: zoeklicht-tests
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport_port}
path.data: {folder}/data
path.logs: {folder}/logs
xpack.security.enabled: true
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
resource.reload.interval.high: 1s
resource.reload.interval.medium: 1s
resource.reload.interval.low: 1s
"""


class ElasticsearchServer(Server):
    """`admin` and `password` may do everything; `add_user` makes others with roles of their own."""

    name = "elasticsearch"
    start_seconds = 240
    user = "nobody"  # it refuses to run as root
    admin = "admin"

    def __init__(self) -> None:
        super().__init__()
        self.port = ports.free()
        self.password = secrets.token_urlsafe(16)
        self._transport_port = ports.free()
        self._home = self.folder / f"elasticsearch-{maven.ELASTICSEARCH}"
        self._roles: dict[str, object] = {}

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        with zipfile.ZipFile(maven.elasticsearch_archive()) as archive:
            for entry in archive.infolist():
                path = Path(archive.extract(entry, self.folder))
                path.chmod((entry.external_attr >> 16) & 0o777 or path.stat().st_mode)
        config = self._home / "config"
        settings = _SETTINGS.format(port=self.port, transport_port=self._transport_port, folder=self.folder)
        (config / "elasticsearch.yml").write_text(settings, encoding="utf-8")
        (self.folder / "tmp").mkdir()
        if self.drop_privileges():
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, self.user)
        self._tool("elasticsearch-keystore", "create")
        self._tool("elasticsearch-users", "useradd", self.admin, "-p", self.password, "-r", "superuser")

    def command(self) -> Sequence[str]:
        return [str(self._home / "bin" / "elasticsearch")]

    def environment(self) -> Mapping[str, str]:
        return {
            "ES_JAVA_HOME": str(machine.java_home()),
            "ES_JAVA_OPTS": "-Xms768m -Xmx768m -XX:TieredStopAtLevel=1",
            "CLI_JAVA_OPTS": "-Xmx64m -XX:TieredStopAtLevel=1",
            "ES_TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder),
        }

    def answers(self) -> bool:
        return self._get("/_cluster/health?wait_for_status=yellow&timeout=1s", self.admin, self.password) == 200

    def add_user(self, name: str, password: str, role: Mapping[str, object]) -> None:
        """Make a user with a role of its own (as `PUT _security/role` would take it); returns when it may log in."""
        self._roles[name] = role
        path = self._home / "config" / "roles.yml"
        # JSON is YAML.
        path.write_text(
            "".join(f"{key}: {json.dumps(value)}\n" for key, value in self._roles.items()), encoding="utf-8"
        )
        self._tool("elasticsearch-users", "useradd", name, "-p", password, "-r", name)
        deadline = time.monotonic() + 30
        while self._get("/_security/_authenticate", name, password) != 200:
            if time.monotonic() > deadline:
                raise ServerFailedError(f"Elasticsearch did not take up the user {name} within 30 s.")
            time.sleep(0.1)

    def _get(self, path: str, user: str, password: str) -> int | None:
        """The status of a GET, None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path, headers={"Authorization": f"Basic {credentials}"})
            return connection.getresponse().status
        return None

    def _tool(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self.drop_privileges(), str(self._home / "bin" / name), *arguments],
            env={"PATH": os.environ.get("PATH", os.defpath), **self.environment()},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerFailedError(f"{name} {arguments[0]} failed:\n{done.stdout}{done.stderr}")
