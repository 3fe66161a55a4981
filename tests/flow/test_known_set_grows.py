"""The known set grows and shrinks while matchers run: what was seen before is found, what was withdrawn is marked."""

import time
from pathlib import Path

from tests.flow.chain import Chain, Tables, document_for, practice_web, wait_until
from zoeklicht.practice.configuration import LIST_NAME

WITHIN = 60
"""Seconds from an import to its first match."""


def halves(known: Path) -> tuple[Path, Path, set[str]]:
    """The list as two files, split by entry, and the ids of the second."""
    header, *rows = known.read_text().splitlines()
    ids = sorted({row.rsplit(",", 1)[1] for row in rows})
    late = set(ids[len(ids) // 2 :])
    early_file, late_file = known.with_name("early.csv"), known.with_name("late.csv")
    early_file.write_text("\n".join([header, *(row for row in rows if row.rsplit(",", 1)[1] not in late), ""]))
    late_file.write_text("\n".join([header, *(row for row in rows if row.rsplit(",", 1)[1] in late), ""]))
    return early_file, late_file, late


def bulk(chain: Chain, *arguments: str) -> None:
    """Something that takes two people."""
    told = chain.run(*arguments, "--by", "one").split()
    chain.run("known", "approve", told[told.index("approve") + 1], "--by", "another")


def test_what_was_seen_is_found_when_its_entry_comes_and_marked_when_it_goes(tables: Tables, tmp_path: Path) -> None:
    with practice_web(tmp_path) as web:
        early, late, late_ids = halves(web.known)
        chain = Chain(tmp_path / "chain", document_for(web, tables))
        try:
            chain.prepare(early)
            matchers = [chain.start("match") for _ in range(2)]
            chain.finish(chain.start("crawl", "--once"))
            chain.finish(chain.start("match", "--once"))
            before = chain.hits()
            assert before
            assert not {hit["list_id"] for hit in before} & late_ids

            began = time.monotonic()
            bulk(chain, "known", "import", str(late), "--list", LIST_NAME)
            wait_until(lambda: chain.score(web.truth).perfect, seconds=WITHIN, what="matching again")
            assert time.monotonic() - began < WITHIN
            found = chain.hits()
            assert {hit["standing"] for hit in found} == {"open"}
            assert {hit["list_id"] for hit in found} & late_ids

            chain.kill(matchers[0])
            gone = sorted(late_ids)[:3]
            chain.run("known", "retract", LIST_NAME, *gone, "--reason", "a test", "--by", "one")
            there = {hit["id"] for hit in found if hit["list_id"] in gone}
            wait_until(
                lambda: {hit["id"] for hit in chain.hits() if hit["standing"] == "withdrawn"} == there,
                seconds=WITHIN,
                what="marking hits whose entries are gone",
            )
            assert all(hit["reopened_at"] for hit in chain.hits() if hit["id"] in there)

            chain.run("known", "disable", LIST_NAME, "--reason", "a test", "--by", "one")
            wait_until(
                lambda: {hit["standing"] for hit in chain.hits()} == {"withdrawn"},
                seconds=WITHIN,
                what="marking hits whose list is off",
            )
            chain.run("known", "enable", LIST_NAME, "--reason", "a test", "--by", "one")
            wait_until(
                lambda: {hit["id"] for hit in chain.hits() if hit["standing"] == "withdrawn"} == there,
                seconds=WITHIN,
                what="bringing hits back",
            )
            matchers[1].terminate()
            assert matchers[1].wait(30) == 0, chain.logs()
        finally:
            chain.stop()
