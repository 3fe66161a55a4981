"""Sites behind a proxy: it hears addresses that were judged here, and nothing else."""

import datetime as dt
import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crawler.contract.reasons import Reason
from crawler.frontier import FrontierTable, open_frontier
from tests.flow.chain import Chain
from tests.flow.scripted_site import page, scripted_site

SITE, PROXY = "127.0.0.38", "127.0.0.50"
LOCALHOST = [{"network": "127.0.0.1/32", "country": "NL", "reason": "where the name localhost leads"}]
ALLOWED = [{"network": f"{SITE}/32", "country": "NL", "reason": "a test site"}]  # the proxy is not among them
REASON = "the tests of proxies, today"


class Proxy:
    """Opens tunnels, and remembers every request as it came."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.heard: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                outer.heard.append(head.decode())
                self.wfile.write(answer)
                if b" 200 " not in answer:
                    return
                host, _, port = head.split(b" ")[1].decode().rpartition(":")
                with socket.create_connection((host.strip("[]"), int(port))) as site:
                    back = threading.Thread(target=_pump, args=(site, self.connection))
                    back.start()
                    _pump(self.connection, site)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server((PROXY, 0), Handler)
        self.url = f"http://{PROXY}:{self.server.server_address[1]}"

    def asked_for(self) -> set[str]:
        return {heard.splitlines()[0] for heard in self.heard}


def _pump(source: socket.socket, to: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def proxy(**more: Any) -> Iterator[Proxy]:
    running = Proxy(**more)
    thread = threading.Thread(target=running.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield running
    finally:
        running.server.shutdown()
        thread.join()
        running.server.server_close()


def crawl(folder: Path, allowed: list[dict[str, str]], *profiles: dict[str, Any]) -> dict[Reason | None, int]:
    limits = {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.05, "max_attempts": 2}
    sites = [{"name": f"s{number}", "type": "other", "gap_seconds": 0, **each} for number, each in enumerate(profiles)]
    chain = Chain(folder, {"sites": sites, "crawl": limits, "scope": {"allow_networks": allowed}})
    chain.run("keys", "create")
    chain.finish(chain.start("crawl", "--once"), timeout=60)
    for secret in ("127.0.0.", "localhost"):
        assert secret not in chain.logs()
    frontier = open_frontier(FrontierTable(), chain.state)
    counts = frontier.stats().counts
    frontier.close()
    found: Counter[Reason | None] = Counter()
    for count in counts:
        found[count.reason] += count.count
    return found


def through(running: Proxy, **more: str) -> dict[str, str]:
    return {"address": running.url, "reason": REASON, **more}


def test_everything_of_the_site_goes_through_its_proxy_by_address(tmp_path: Path) -> None:
    script = {"/": page("/a"), "/a": page()}
    with proxy() as running, scripted_site("127.0.0.1", script) as site:
        port = site.server.server_port
        seeds = [f"http://localhost:{port}/"]
        assert crawl(tmp_path, LOCALHOST, {"hosts": ["localhost"], "seeds": seeds, "proxy": through(running)}) == {
            None: 2
        }
        assert site.paths() == ["/robots.txt", "/", "/a"]
        assert {asked.headers["Host"] for asked in site.asked} == {f"localhost:{port}"}
        assert running.asked_for() == {f"CONNECT 127.0.0.1:{port} HTTP/1.1"}
        assert not any("localhost" in heard for heard in running.heard)
        assert len(running.heard) == len(site.asked)


def test_the_proxys_credentials_go_to_the_proxy_alone(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    secret = tmp_path / "sites" / "proxy.secret"
    secret.touch(mode=0o600)
    secret.write_text("Aladdin:open sesame")
    with proxy() as running, scripted_site(SITE, {"/": page()}) as site:
        profile = {"hosts": [SITE], "seeds": [f"{site.url}/"]}
        crawl(tmp_path, ALLOWED, {**profile, "proxy": through(running, credentials_file="proxy.secret")})
        assert all("Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" in heard for heard in running.heard)
        assert site.asked
        assert all("Proxy-Authorization" not in asked.headers for asked in site.asked)


def test_https_through_a_proxy_is_spoken_with_the_site_by_its_name(tmp_path: Path) -> None:
    names: list[str | None] = []
    with proxy() as running, scripted_site("127.0.0.1", {"/": page("/a"), "/a": page()}) as site:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(tmp_path, "localhost"))
        context.sni_callback = lambda _socket, name, _context: names.append(name)
        site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
        port = site.server.server_port
        profile = {"hosts": ["localhost"], "seeds": [f"https://localhost:{port}/"], "proxy": through(running)}
        assert crawl(tmp_path, LOCALHOST, profile) == {None: 2}
        assert set(names) == {"localhost"}
        assert running.asked_for() == {f"CONNECT 127.0.0.1:{port} HTTP/1.1"}


def test_what_is_out_of_scope_is_refused_before_the_proxy_hears_of_it(tmp_path: Path) -> None:
    hosts = ["localhost", "2130706433", "0x7f.1", "127.0.0.1", "169.254.169.254", "10.1.2.3", "[::ffff:127.0.0.1]"]
    with proxy() as running:
        seeds = [f"http://{host}/" for host in hosts]
        profile = {"hosts": [host.strip("[]") for host in hosts], "seeds": seeds, "proxy": through(running)}
        assert crawl(tmp_path, ALLOWED, profile) == {Reason.ADDRESS_NOT_PUBLIC: len(hosts)}
        assert running.heard == []


def test_a_redirect_out_of_scope_is_refused_before_the_proxy_hears_of_it(tmp_path: Path) -> None:
    with proxy() as running, scripted_site(SITE, {"/": page("http://localhost:1/")}) as site:
        profile = {"hosts": [SITE, "localhost"], "seeds": [f"{site.url}/"], "proxy": through(running)}
        assert crawl(tmp_path, ALLOWED, profile) == {None: 1, Reason.ADDRESS_NOT_PUBLIC: 1}
        assert running.asked_for() == {f"CONNECT {SITE}:{site.server.server_port} HTTP/1.1"}


def test_that_a_proxy_may_be_connected_to_does_not_make_its_host_a_site(tmp_path: Path) -> None:
    with proxy() as running, scripted_site(SITE, {"/": page(f"{running.url}/")}) as site:
        profile = {"hosts": [SITE, PROXY], "seeds": [f"{site.url}/"], "proxy": through(running)}
        assert crawl(tmp_path, ALLOWED, profile) == {None: 1, Reason.ADDRESS_NOT_PUBLIC: 1}
        assert running.asked_for() == {f"CONNECT {SITE}:{site.server.server_port} HTTP/1.1"}


NO_TUNNEL = {
    "refuses": b"HTTP/1.1 403 Forbidden\r\n\r\n",
    "talks nonsense": b"nonsense\r\n\r\n",
    "answers in the site's stead": b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "hangs up": b"",
    "talks on": b"x" * 100_000,
}


def test_a_proxy_that_is_away_or_opens_no_tunnel_is_counted_as_such(tmp_path: Path) -> None:
    override = {"reason": "robots.txt is not what is tested"}
    with ExitStack() as stack:
        site = stack.enter_context(scripted_site(SITE, {"/": page()}))
        proxies = [stack.enter_context(proxy(answer=answer)) for answer in NO_TUNNEL.values()]
        with proxy() as away:
            pass
        profiles: list[dict[str, Any]] = [
            {"hosts": [f"127.0.0.{number}"], "robots_override": override, "proxy": through(running)}
            for number, running in enumerate([*proxies, away], start=40)
        ]
        for profile in profiles:
            profile["seeds"] = [site.url.replace(SITE, profile["hosts"][0]) + "/"]
        allowed = [{"network": "127.0.0.40/29", "country": "NL", "reason": "test sites"}]
        assert crawl(tmp_path, allowed, *profiles) == {Reason.PROXY_FAILED: len(profiles)}
        assert all(len(running.heard) == 2 for running in proxies), "each is tried twice"
        assert site.asked == []


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "site.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
