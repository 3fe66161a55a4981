from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.known import (
    ImportReport,
    KnownStore,
    Limits,
    NotAllowedError,
    Person,
    Registration,
    RegistrationRefusedError,
    Tombstone,
    checked_server,
    import_by_two,
    person_here,
    read_categories,
)
from tests.known_sets import FIRST, SECOND, UNLIMITED, known_store, registration
from tests.unit.matchers.known.entries_held import entry, held

DAY = 86_400.0


class Time:
    """A clock that a test turns."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def strict(path: Path, time: Time) -> Iterator[KnownStore]:
    """A set with small limits, and a list in it."""
    limits = Limits(small_list=5, most_changed=0.5, bulk_retraction=3, unsigned_by_one=True)
    store = known_store(path, clock=time, limits=limits)
    approve(store, store.register(registration("a list"), by=FIRST))
    yield store
    store.close()


def approve(store: KnownStore, proposal: int | None) -> object:
    assert proposal is not None
    return store.approve(proposal, by=SECOND)


def take(store: KnownStore, *names: str, complete: bool = False) -> ImportReport:
    rows = [entry(name) for name in names]
    return store.import_rows("a list", rows, file="a.csv", by=FIRST, complete=complete)


def staged(path: Path) -> int:
    return len(list(path.with_name("known.sqlite-staging").iterdir()))


@pytest.mark.parametrize("regime", ["ncii_adults", "CSAM", "", "copyright"])
def test_lists_of_another_regime_are_refused(store: KnownStore, regime: str) -> None:
    made = Registration(name="adults", source="x", regime=regime, contact="x@y.example")
    with pytest.raises(RegistrationRefusedError, match="lists of another regime are refused"):
        store.register(made, by=FIRST)
    assert store.proposals() == ()


def test_a_list_is_there_once_somebody_else_has_approved_it(store: KnownStore) -> None:
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    assert store.counts() == ()
    store.approve(proposal, by=SECOND)
    (count,) = store.counts()
    assert (count.list, count.registered_by, count.approved_by) == ("a list", "First Person", "Second Person")


@pytest.mark.parametrize(
    "name",
    ["First Person", " first  person", "FIRST PERSON", "\uff26irst Person", "First\u200b Person", "Fírst-Person."],
)
def test_nobody_approves_what_they_proposed(store: KnownStore, name: str) -> None:
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    with pytest.raises(NotAllowedError, match="somebody else"):
        store.approve(proposal, by=Person(name=name, account="another"))
    assert store.counts() == ()


def test_another_name_on_the_same_account_is_nobody_else(store: KnownStore) -> None:
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    with pytest.raises(NotAllowedError, match="one_account = true"):
        store.approve(proposal, by=Person(name="Second Person", account=FIRST.account))


def test_where_all_share_one_account_the_names_must_differ(path: Path) -> None:
    store = known_store(path, limits=Limits(one_account=True))
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    with pytest.raises(NotAllowedError, match="somebody else"):
        store.approve(proposal, by=FIRST)
    store.approve(proposal, by=Person(name="Second Person", account=FIRST.account))
    store.close()


def test_who_runs_the_process_has_an_account() -> None:
    assert person_here(" Ann ").name == "Ann"
    assert person_here("Ann").account


def test_an_import_that_leaves_a_small_list_waits_for_a_second_person(strict: KnownStore, path: Path) -> None:
    report = take(strict, "a", "b")
    assert (report.added, report.version, report.why) == (2, 0, "the list would hold 2 entries, fewer than 5")
    assert held(strict) == {}
    assert staged(path) == 1
    done = approve(strict, report.proposal)
    assert isinstance(done, ImportReport)
    assert (done.added, done.version, done.proposal) == (2, 1, None)
    assert held(strict) == {"a": None, "b": None}
    assert staged(path) == 0


def test_the_first_import_of_a_list_that_is_not_small_takes_one_person(strict: KnownStore) -> None:
    assert take(strict, *"abcde").proposal is None
    assert len(held(strict)) == 5


def test_an_import_that_changes_much_of_its_list_waits(strict: KnownStore) -> None:
    take(strict, *"abcdef")
    assert take(strict, *"abcdefghi").proposal is None
    report = take(strict, *"abcdefghijklmn")
    assert report.why == "it changes 5 of 9 entries, more than 50%"
    assert len(held(strict)) == 9


def test_an_import_that_takes_many_entries_back_waits(strict: KnownStore) -> None:
    names = [str(number) for number in range(20)]
    take(strict, *names)
    assert take(strict, *names[:17], complete=True).proposal is None
    report = take(strict, *names[:13], complete=True)
    assert report.why == "it takes 4 entries back, more than 3"
    assert len(held(strict)) == 17


def test_an_import_below_the_registered_minimum_waits(strict: KnownStore) -> None:
    made = Registration(name="big", source="x", regime="csam", contact="x@y.example", expected_minimum=7)
    approve(strict, strict.register(made, by=FIRST))
    rows = [entry(name, list_name="big") for name in "abcdef"]
    assert "at least 7" in (strict.import_rows("big", rows, file="x", by=FIRST).why or "")


def test_each_import_of_own_material_waits(path: Path) -> None:
    store = known_store(path, limits=UNLIMITED)
    made = Registration(name="a list", source="us", regime="csam", contact="us@y.example", kind="own")
    approve(store, store.register(made, by=FIRST))
    for turn in range(2):
        report = take(store, *[f"{turn} {number}" for number in range(10)])
        assert report.why == "it is the hotline's own material"
        approve(store, report.proposal)
    assert len(held(store)) == 20
    store.close()


def test_an_import_that_changes_nothing_never_waits(strict: KnownStore) -> None:
    approve(strict, take(strict, "a").proposal)
    assert take(strict, "a").proposal is None


def test_what_was_approved_is_not_carried_out_when_it_would_do_more_by_now(strict: KnownStore, path: Path) -> None:
    names = [str(number) for number in range(20)]
    take(strict, *names)
    report = take(strict, *names[:10], complete=True)
    assert (report.retracted, report.proposal) == (10, 2)
    take(strict, "new", *names)
    with pytest.raises(NotAllowedError, match="has changed since"):
        approve(strict, report.proposal)
    assert len(held(strict)) == 21
    strict.refuse(2, by=FIRST, reason="outdated")
    assert staged(path) == 0


def test_what_was_refused_is_gone(strict: KnownStore, path: Path) -> None:
    report = take(strict, "a")
    assert report.proposal is not None
    strict.refuse(report.proposal, by=SECOND, reason="one hash is no list")
    assert (held(strict), staged(path)) == ({}, 0)
    with pytest.raises(NotAllowedError, match="was decided by Second Person already"):
        approve(strict, report.proposal)
    last = strict.proposals()[-1]
    assert (last.state, last.decided_by, last.reason) == ("refused", "Second Person", "one hash is no list")


def test_a_proposal_lapses_after_thirty_days_and_what_was_staged_is_cleared_away(
    strict: KnownStore, time: Time, path: Path
) -> None:
    report = take(strict, "a")
    time.now += 30 * DAY
    assert strict.proposals()[-1].state == "expired"
    with pytest.raises(NotAllowedError, match="has lapsed"):
        approve(strict, report.proposal)
    assert held(strict) == {}
    take(strict, *"abcdef")
    assert staged(path) == 0
    assert strict.proposals()[-1].state == "expired"


def test_a_proposal_that_never_was_is_told(store: KnownStore) -> None:
    with pytest.raises(NotAllowedError, match="no proposal 7"):
        store.approve(7, by=SECOND)


def test_taking_back_a_bulk_waits_and_a_few_do_not(strict: KnownStore) -> None:
    take(strict, *"abcdefghij")
    assert strict.retract("a list", ["a", "b", "c"], by=FIRST, reason="asked to").proposal is None
    bulk = strict.retract("a list", ["d", "e", "f", "g"], by=FIRST, reason="asked to")
    assert (bulk.entries, bulk.why) == (4, "it takes 4 entries back, more than 3")
    assert len(held(strict)) == 7
    assert list(strict.deeds())[-2].reason == "a, b, c: asked to"
    approve(strict, bulk.proposal)
    assert sorted(held(strict)) == ["h", "i", "j"]


def test_ending_a_whole_list_waits(strict: KnownStore) -> None:
    take(strict, *"abcde")
    ended = strict.retract("a list", None, by=FIRST, reason="the provider stopped")
    assert (ended.entries, len(held(strict))) == (5, 5)
    approve(strict, ended.proposal)
    assert held(strict) == {}


def test_a_new_contact_takes_one_person_a_new_mapping_two(strict: KnownStore) -> None:
    contact = Registration(name="a list", source="a hotline", regime="csam", contact="new@hotline.example")
    assert strict.register(contact, by=FIRST) is None
    assert strict.counts()[0].registration.contact == "new@hotline.example"
    proposal = strict.register(registration("a list", {"1": "baseline"}), by=FIRST)
    assert strict.counts()[0].registration.categories is None
    approve(strict, proposal)
    assert strict.counts()[0].registration.categories == {"1": "baseline"}


def test_a_mapping_that_leaves_a_category_out_takes_its_entries_back(path: Path) -> None:
    store = known_store(path, [entry("a", category="baseline"), entry("b", category="national")])
    approve(store, store.register(registration("a list", {"baseline": "baseline", "national": "leave_out"}), by=FIRST))
    assert held(store) == {"a": "baseline"}
    assert [change.list_id for _, change in store.restatements(0, 10)] == ["b"]
    store.close()


def test_a_changed_mapping_changes_what_entries_mean(path: Path) -> None:
    store = known_store(path, [entry("a", category="baseline")])
    before = store.version
    approve(store, store.register(registration("a list", {"baseline": "national"}), by=FIRST))
    assert store.version > before
    assert store.entries([1])[1].meaning == "national"
    store.close()


def test_every_deed_is_written_down_with_who_did_it_and_no_hash(strict: KnownStore) -> None:
    approve(strict, take(strict, "a").proposal)
    strict.disable("a list", "a", by=SECOND, reason="looks wrong")
    told = [(deed.what, deed.by, deed.list, deed.proposal, deed.counts) for deed in strict.deeds()]
    assert told == [
        ("proposed", "First Person", "a list", 1, {}),
        ("registered", "Second Person", "a list", 1, {"retracted": 0}),
        ("proposed", "First Person", "a list", 2, {"added": 1, "changed": 0, "retracted": 0}),
        ("imported", "Second Person", "a list", 2, {"added": 1, "changed": 0, "retracted": 0}),
        ("disabled", "Second Person", "a list", None, {"entries": 1}),
    ]
    assert [deed.what for deed in strict.deeds(after=4)] == ["disabled"]
    assert not any(entry("a").value in repr(deed) for deed in strict.deeds())


def test_two_people_at_hand_import_in_one_go(path: Path) -> None:
    store = known_store(path, limits=Limits(one_account=True))
    first, second = person_here("Ann"), person_here("Bob")
    for names in ("ab", "abc"):
        rows = [entry(name) for name in names]
        import_by_two(store, registration("a list"), rows, file="a.csv", first=first, second=second)
    assert sorted(held(store)) == ["a", "b", "c"]
    assert [deed.what for deed in store.deeds()].count("registered") == 1
    store.close()


def test_a_tombstone_in_a_small_list_waits_too(strict: KnownStore) -> None:
    take(strict, *"abcde")
    assert strict.import_rows("a list", [Tombstone(list_id="a")], file="x", by=FIRST).proposal is not None


def test_the_category_mapping_is_the_operators_file(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text('[categories]\n"1" = "baseline"\n"0" = "leave_out"\n"" = "illegal"\n')
    assert read_categories(file) == {"1": "baseline", "0": "leave_out", "": "illegal"}


@pytest.mark.parametrize("text", ['[categories]\n"1" = "bad"\n', "[other]\n", "no toml", 'categories = "1"\n'])
def test_a_mapping_file_that_says_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(text)
    with pytest.raises(RegistrationRefusedError, match=r"\[categories\]"):
        read_categories(file)
    with pytest.raises(RegistrationRefusedError, match=r"\[categories\]"):
        read_categories(tmp_path / "missing.toml")


@pytest.fixture
def vigilant(path: Path) -> Iterator[KnownStore]:
    """A set whose lists may be of any size, in which nobody adds anything alone."""
    store = known_store(path, limits=Limits(small_list=0, most_changed=1.0))
    yield store
    store.close()


def big(store: KnownStore, *, fetched_from: str | None = None) -> None:
    """A list that is large enough for one hash not to be noticed in it."""
    made = Registration(name="a list", source="x", regime="csam", contact="x@y.example", fetched_from=fetched_from)
    approve(store, store.register(made, by=FIRST))
    approve(store, take(store, *map(str, range(100))).proposal)


@pytest.mark.parametrize(("added", "told"), [(1, "1 entry"), (40, "40 entries")])
def test_nobody_slips_a_hash_into_a_large_list_alone(vigilant: KnownStore, added: int, told: str) -> None:
    big(vigilant)
    report = take(vigilant, *map(str, range(100 + added)))
    assert report.why == (f"it adds {told}, and nothing but its bearer says that the provider made the file")
    assert len(held(vigilant)) == 100


def test_what_was_taken_back_is_brought_back_by_two(vigilant: KnownStore) -> None:
    big(vigilant)
    vigilant.retract("a list", ["7"], by=FIRST, reason="asked to")
    assert take(vigilant, "7").proposal is not None
    assert take(vigilant, "8").proposal is None


def test_the_server_that_two_people_named_speaks_for_the_provider(vigilant: KnownStore) -> None:
    big(vigilant, fetched_from="https://lists.example")

    def fetched(name: str, server: str | None) -> ImportReport:
        return vigilant.import_rows("a list", [entry(name)], file="fetched", by=FIRST, fetched_from=server)

    assert fetched("new", "https://lists.example").proposal is None
    assert fetched("another", "https://elsewhere.example").proposal is not None
    assert fetched("another", None).proposal is not None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Lists.Example/", "https://lists.example"),
        ("https://lists.example:443", "https://lists.example"),
        ("https://lists.example.:8443", "https://lists.example:8443"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_a_server_is_written_in_one_way(written: str, kept: str) -> None:
    assert checked_server(written) == kept


@pytest.mark.parametrize(
    "text", ["lists.example", "ftp://x", "https://", "https://u@x", "https://x/path", "https://x:y"]
)
def test_what_is_no_server_is_not_registered(text: str, store: KnownStore) -> None:
    made = Registration(name="a list", source="x", regime="csam", contact="x@y.example", fetched_from=text)
    with pytest.raises(RegistrationRefusedError, match="https://name"):
        store.register(made, by=FIRST)


@pytest.mark.parametrize("name", ["", "  ", "...", "Bob\x1b[2K", "Ann\u200b", "x" * 101])
def test_a_name_that_does_not_show_is_none(name: str) -> None:
    with pytest.raises(NotAllowedError, match="--by"):
        person_here(name)


@pytest.mark.parametrize("name", ["", " a list", "a\nlist", "a\u200blist"])
def test_a_list_whose_name_would_mislead_is_not_registered(name: str, store: KnownStore) -> None:
    with pytest.raises(RegistrationRefusedError, match="characters that all show"):
        store.register(registration(name), by=FIRST)
