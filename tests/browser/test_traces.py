"""What the browser leaves behind: nothing on a disk, no connection but to its proxy, no process after its crawler."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from crawler.browsing.folder import MemoryFolder
from tests.browser.showing import SITE
from tests.flow.scripted_site import Reply, scripted_site
from tests.services import machine

PAGE = """<img src="data:image/png;base64,iVBORw0KGgo="><script>
fetch("/raw").then(r => r.blob()).catch(() => 0);
fetch("/text").then(r => r.text()).then(t => { localStorage.kept = t; caches.open("kept").then(c => c.put("/text",
  new Response(t))); indexedDB.open("kept").onupgradeneeded = e => e.target.result.createObjectStore("s").put(t, 1); });
new RTCPeerConnection({iceServers: [{urls: "stun:127.0.0.4:3478"}]}).createDataChannel("x");
</script><link rel="dns-prefetch" href="//strange.example"><link rel="preconnect" href="https://strange.example">
<img src="/p/1.jpg"><p>shown</p>"""

_OPENED = re.compile(r'(?:openat|open|creat)\((?:[^,"]+, )?"([^"]+)", ([A-Z_|]+).*\) = \d+')
_CONNECTED = re.compile(r'(?:connect|sendto|sendmsg|sendmmsg)\(.*?sa_family=(AF_INET6?),.*?"([0-9a-f.:]+)"')
_IN_MEMORY = ("/dev/shm/", "/proc/", "/dev/null", "/dev/tty", "/dev/ptmx")
_PROBE = "2001:4860:4860::8888"
"""Chromium connects a datagram socket there, which sends nothing, to see whether there is a way out by IPv6."""


def test_the_browser_writes_to_memory_only_and_speaks_to_nobody_but_its_proxy(tmp_path: Path) -> None:
    picture = Reply(b"\xff\xd8\xff a picture", headers={"Content-Type": "application/x-unknown"})
    with scripted_site(SITE, {"/raw": picture, "/text": Reply(b"text to keep")}) as site:
        calls = "openat,open,creat,connect,sendto,sendmsg,sendmmsg"
        strace = [machine.strace(), "-f", "-qq", "-s", "300", "-e", f"trace={calls}", "-o", str(tmp_path / "calls")]
        shown = subprocess.run(
            [*strace, sys.executable, "-B", "-m", "tests.browser.showing", f"{site.url}/", PAGE],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert sorted(site.paths()) == ["/raw", "/text"]
    assert "shown" in shown.stdout
    lines = (tmp_path / "calls").read_text(errors="replace").splitlines()
    opened = [found for line in lines if (found := _OPENED.search(line))]
    written = {found[1] for found in opened if re.search("O_WRONLY|O_RDWR|O_CREAT", found[2])}
    assert any("zoeklicht-browser-" in path for path in written)  # else nothing was seen
    assert not [path for path in written if not path.startswith(_IN_MEMORY)]
    spoken = {found[2] for line in lines if (found := _CONNECTED.search(line))}
    assert SITE in spoken
    assert spoken <= {"127.0.0.1", SITE, _PROBE}


def test_nothing_of_the_browser_is_left_when_its_crawler_is_killed() -> None:
    with scripted_site(SITE, {}) as site:
        before = _folders()
        command = [sys.executable, "-m", "tests.browser.showing", f"{site.url}/", "<p>shown</p>", "forever"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as crawler:
            assert crawler.stdout is not None
            assert "shown" in crawler.stdout.readline()
            below = _descendants(crawler.pid)
            left = _folders() - before
            assert len(left) == 1
            assert len(below) > 2
            os.kill(crawler.pid, signal.SIGKILL)
            crawler.wait()
    deadline = time.monotonic() + 20
    while running := [pid for pid in below if _runs(pid)]:
        assert time.monotonic() < deadline, f"{len(running)} processes are left"
        time.sleep(0.1)
    MemoryFolder(Path("/dev/shm")).close()  # the next one to start
    assert not left & _folders()


def _folders() -> set[Path]:
    return set(Path("/dev/shm").glob("zoeklicht-browser-*"))


def _descendants(pid: int) -> list[int]:
    found = []
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                below = [int(child) for child in children.read_text().split()]
            except OSError:
                continue
            found += below
            waiting += below
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
