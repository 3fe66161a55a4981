"""What was passed over is told once, sealed, and within bounds."""

import base64
from hashlib import sha256

import msgspec
from nacl.public import PrivateKey, SealedBox

from crawler.contract.addresses import Address
from crawler.contract.frontier import PassedOver, Target
from crawler.contract.reasons import Reason
from crawler.fetching.listing import Listing
from crawler.sealing import Sealer

SECRET = PrivateKey.generate()
PAGE = Target(
    fingerprint=1,
    url="http://a.example/page",
    host="a.example",
    site="a",
    kind="page",
    chain=("http://a.example/",),
)


def listing(most: int = 100) -> Listing:
    return Listing(Sealer(bytes(SECRET.public_key)), sha256(b"tests").digest(), lambda: 7.0, most=most)


def opened(entry: PassedOver | None) -> Address:
    assert entry is not None
    return msgspec.json.decode(SealedBox(SECRET).decrypt(base64.urlsafe_b64decode(entry.sealed_address)), type=Address)


def test_an_entry_says_where_it_leads_why_not_and_how_one_got_there_sealed() -> None:
    entry = listing().link("http://b.example/x?do=delete", PAGE, Reason.ACTING_LINK, "query do=delete")
    assert entry is not None
    assert (entry.site, entry.host, entry.reason) == ("a", "b.example", Reason.ACTING_LINK)
    assert (entry.kind, entry.detail, entry.at) == ("link", "query do=delete", 7.0)
    assert opened(entry) == Address(
        url="http://b.example/x?do=delete", page_url=PAGE.url, chain=("http://a.example/", PAGE.url)
    )
    assert "example/" not in repr(msgspec.to_builtins(entry))


def test_the_same_link_is_told_once_for_each_reason() -> None:
    told = listing()
    assert told.link("http://b.example/", PAGE, Reason.OUTSIDE_SITES) is not None
    assert told.link("http://b.example/", PAGE, Reason.OUTSIDE_SITES) is None
    assert told.link("http://b.example/", PAGE, Reason.TOO_DEEP) is not None


def test_a_report_gets_a_listing_of_its_own() -> None:
    told = listing(most=1)
    reported = msgspec.structs.replace(PAGE, report_id="r1")
    assert told.link("http://b.example/", PAGE, Reason.OUTSIDE_SITES) is not None
    assert told.link("http://b.example/", reported, Reason.OUTSIDE_SITES) is not None


def test_no_more_is_sealed_than_is_kept() -> None:
    told = listing(most=3)
    made = [told.link(f"http://b.example/{number}", PAGE, Reason.OUTSIDE_SITES) for number in range(10)]
    assert sum(entry is not None for entry in made) == 3


def test_what_is_no_address_is_listed_all_the_same() -> None:
    entry = listing().link("http://[broken/\ud800" + "x" * 10_000, PAGE, Reason.MALFORMED_LINK)
    assert entry is not None
    assert entry.host == ""
    assert opened(entry).url.startswith("http://[broken/?x")
    assert len(opened(entry).url) <= 8_192


def test_a_target_is_listed_with_the_page_that_led_to_it() -> None:
    entry = listing().target(PAGE, Reason.NOT_FOUND, kind="page")
    assert opened(entry).page_url == "http://a.example/"
