"""The command line as an operator meets it: what works, what goes wrong, and what it then says."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, open_publisher
from tests.flow.chain import Chain, command, document_for, practice_web, wait_until, write_document
from tests.services import ports

SITE = {"name": "img", "type": "image_host", "hosts": ["img.example"], "seeds": ["http://img.example/"]}


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def pids_of(pattern: str) -> list[int]:
    found = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=False).stdout
    return [int(pid) for pid in found.split()]


def cwd_of(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    chain = Chain(tmp_path, {"sites": [SITE], "scope": {"countries": ["NL"]}})
    chain.run("keys", "create")
    return chain


def test_a_newcomer_finds_the_commands(tmp_path: Path) -> None:
    told = run("--help", cwd=tmp_path)
    assert told.returncode == 0
    for name in ("up", "crawl", "match", "seed", "known", "hits", "dead", "keys", "doctor", "practice"):
        assert f"  {name} " in told.stdout


def test_a_missing_configuration_says_what_to_do(tmp_path: Path) -> None:
    told = run("crawl", cwd=tmp_path)
    assert told.returncode == 2
    assert "Copy zoeklicht.example.toml" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("role", ["crawl", "match"])
def test_a_role_without_its_keys_says_so_in_one_line(tmp_path: Path, role: str) -> None:
    write_document(tmp_path / "zoeklicht.toml", {"sites": [{**SITE, "seeds": []}]})
    told = run(role, "--once", cwd=tmp_path)
    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "zoeklicht keys create" in told.stderr


def test_the_example_configuration_can_be_used_as_it_is(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    shutil.copy(root / "zoeklicht.example.toml", tmp_path / "zoeklicht.toml")
    shutil.copytree(root / "sites.example", tmp_path / "sites")
    assert run("keys", "create", cwd=tmp_path).returncode == 0
    told = run("doctor", cwd=tmp_path)
    assert "FAILURE known set: empty" in told.stdout
    assert told.stdout.count("FAILURE") == 1, told.stdout
    assert told.returncode == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "photo_album"}, "type"),
        ({"page_links": ["(unclosed"]}, "regular expression"),
        ({"robots_override": {"reason": "short"}}, "reason"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_a_site_that_cannot_be_crawled_is_told_before_anything_is_fetched(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    write_document(tmp_path / "zoeklicht.toml", {"sites": [{**SITE, **change}]})
    assert run("keys", "create", cwd=tmp_path).returncode == 0
    for command_line in (["crawl", "--once"], ["doctor"]):
        said = run(*command_line, cwd=tmp_path)
        assert said.returncode in {1, 2}
        assert told in said.stdout + said.stderr
        assert "Traceback" not in said.stderr


def test_seeds_are_added_once_and_judged(chain: Chain, tmp_path: Path) -> None:
    assert "1 added, 0 known" in chain.run("seed", "add", "http://img.example/a")
    assert "0 added, 1 known" in chain.run("seed", "add", "http://img.example/a#again")
    seeds = tmp_path / "seeds.csv"
    seeds.write_text(
        "reference;url;note\n1;http://img.example/b;x\n2;http://elsewhere.example/;y\n3;not an address;z\n", "utf-8-sig"
    )
    told = chain.run("seed", "add", str(seeds))
    assert "1 added, 0 known" in told
    assert "1 refused: the link leads to a host that no configured site names (outside_sites)" in told
    assert "1 refused: not http or https" in told


def test_a_seed_outside_every_site_is_an_error(chain: Chain) -> None:
    told = run("seed", "add", "http://elsewhere.example/", "--config", str(chain.config), cwd=chain.folder)
    assert told.returncode == 1
    assert "Add the site" in told.stderr


def test_opening_without_the_desks_key_is_refused(chain: Chain) -> None:
    (chain.state / "keys" / "desk.secret").unlink()
    told = run("hits", "list", "--open", "--config", str(chain.config), cwd=chain.folder)
    assert told.returncode == 2
    assert "desk.secret" in told.stderr


def test_a_broken_audit_log_keeps_addresses_shut(chain: Chain) -> None:
    (chain.state / "audit.jsonl").write_text("{}\n")
    told = run("hits", "list", "--open", "--config", str(chain.config), cwd=chain.folder)
    assert told.returncode == 2
    assert "audit log" in told.stderr


@pytest.mark.parametrize(
    ("table", "role"),
    [
        ({"frontier": {"kind": "redis", "redis_url": "redis://127.0.0.1:{port}/0"}}, "crawl"),
        ({"transport": {"kind": "kafka", "bootstrap_servers": ["127.0.0.1:{port}"], "connect_seconds": 2}}, "crawl"),
        ({"transport": {"kind": "kafka", "bootstrap_servers": ["127.0.0.1:{port}"], "connect_seconds": 2}}, "match"),
    ],
)
def test_a_server_that_is_down_at_the_start_is_told_and_has_its_exit_code(
    tmp_path: Path, table: dict[str, dict[str, object]], role: str
) -> None:
    ported = json.loads(json.dumps(table).replace("{port}", str(ports.free())))
    write_document(tmp_path / "zoeklicht.toml", {"sites": [SITE], **ported})
    assert run("keys", "create", cwd=tmp_path).returncode == 0
    told = run(role, "--once", cwd=tmp_path)
    assert told.returncode == 3, told.stderr
    assert told.stderr.strip().splitlines()[-1].startswith("zoeklicht: ")
    assert "Traceback" not in told.stderr
    checked = run("doctor", cwd=tmp_path)
    assert checked.returncode == 1
    assert f"FAILURE {'frontier' if 'frontier' in table else 'transport'}" in checked.stdout


def test_dead_letters_are_listed_without_their_content_and_replayed(chain: Chain) -> None:
    publisher = open_publisher(TransportTable(), chain.state, IMAGES_SEEN)
    publisher.publish(b"key", b'{"schema":"image_seen.v1","url":"http://img.example/secret.jpg"}').result(10)
    publisher.close()
    chain.finish(chain.start("match", "--once"))
    (letter,) = [json.loads(line) for line in chain.run("dead", "list", "--json").splitlines()]
    assert letter["reason"]
    assert "secret" not in json.dumps(letter)
    assert "1 replayed" in chain.run("dead", "replay")
    assert "0 dead letters" in chain.run("dead", "list")
    chain.finish(chain.start("match", "--once"))
    assert "1 dead letters" in chain.run("dead", "list")


def test_up_runs_the_practice_web_and_scores_itself(tmp_path: Path) -> None:
    told = run("up", "--practice", "--once", cwd=tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "All found, nothing else." in told.stdout
    assert "robots_disallowed" in told.stdout
    again = run("up", "--practice", "--once", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr


def test_up_ends_in_order_on_ctrl_c_and_leaves_nobody_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(command("up", "--practice"), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if "pages" in line and "queue" in line:
                break
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.wait(60) == 0
    assert not [pid for pid in pids_of("zoeklicht") if cwd_of(pid) == tmp_path]


def test_up_restarts_a_role_that_is_killed(tmp_path: Path) -> None:
    with practice_web(tmp_path, latency_ms=50) as web:
        chain = Chain(tmp_path / "chain", document_for(web, {}, frontier={"lease_seconds": 2}))
        chain.prepare(web.known)
        up = chain.start("up", "--once")
        try:
            wait_until(lambda: web.touched().pictures.requests > 10, seconds=60, what="the first pictures")
            for pid in pids_of(f"zoeklicht (crawl|match) .*{chain.config}"):
                os.kill(pid, signal.SIGKILL)
            chain.finish(up)
            assert chain.score(web.truth).perfect, chain.logs()
        finally:
            chain.stop()


def test_up_ends_with_the_reason_when_a_role_cannot_run(tmp_path: Path) -> None:
    write_document(tmp_path / "zoeklicht.toml", {"sites": [{**SITE, "type": "photo_album"}]})
    told = run("up", cwd=tmp_path)
    assert told.returncode == 1
    assert " cannot run: " in told.stderr
    assert "`$.type`" in told.stderr
