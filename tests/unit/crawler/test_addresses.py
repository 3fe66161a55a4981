"""Which addresses may be connected to."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from crawler.contract.errors import ConfigError
from crawler.contract.frontier import Target
from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.fetching.seeding import default_judge
from crawler.sites import AddressScope, AllowedNetwork, Hosting, ScopeTable, SiteDirectory

DUTCH = "194.109.6.66"
AMERICAN = "8.8.8.8"
CLOUDFLARE = ("104.16.1.1", "2606:4700::1111", "::ffff:104.16.1.1")


def scope(*allowed: AllowedNetwork, **more: Any) -> AddressScope:
    return AddressScope(ScopeTable(allow_networks=allowed, **more), clock=lambda: 0.0)


def test_a_dutch_public_address_is_in_scope_with_source_and_date() -> None:
    judged = scope().judge(DUTCH)
    assert isinstance(judged, Hosting)
    assert judged.country.code == "NL"
    assert judged.country.source.startswith("iptocc")
    assert judged.country.as_of == "1970-01-01"
    assert (judged.asn, judged.cdn) == (None, None)


def test_another_country_is_out_of_scope() -> None:
    assert scope().judge(AMERICAN) is Reason.COUNTRY_OUTSIDE


def test_an_address_that_no_registry_has_given_out_has_no_country() -> None:
    assert scope().judge("2a00::ffff") in {Reason.COUNTRY_UNDETERMINED, Reason.COUNTRY_OUTSIDE}


NOT_PUBLIC = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # carrier-grade NAT
    "100.100.100.200",  # a cloud's metadata service
    "169.254.169.254",  # link-local; metadata services of clouds
    "168.63.129.16",  # a cloud's metadata service at a public address
    "192.0.0.192",  # one more
    "192.0.2.1",  # documentation
    "192.88.99.1",  # relays of 6to4
    "198.18.0.1",  # benchmarking
    "224.0.0.1",  # multicast
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",  # site-local, as it was
    "fc00::1",
    "fd00:ec2::254",  # a cloud's metadata service
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "2001:0:a9fe:a9fe::1",  # Teredo
    "3fff::1",
    "5f00::1",
    "::7f00:1",  # IPv4-compatible
    "::169.254.169.254",
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_in_every_dress(address: str) -> None:
    assert scope().judge(address) is Reason.ADDRESS_NOT_PUBLIC
    assert scope().whereabouts(address) is None


@pytest.mark.parametrize(
    "written",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "[::1]", "localhost", "", "1.2.3.4/8"],
)
def test_what_is_no_address_in_its_usual_spelling_is_refused(written: str) -> None:
    assert scope().judge(written) is Reason.ADDRESS_NOT_PUBLIC
    assert scope().whereabouts(written) is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert scope().judge(text) in set(Reason)


WRITTEN = [
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7F.0x0.0x0.0x1/",
    "http://0177.0.0.01/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0:80/",
    "http://127.0.0.1./",
    "http://%31%32%37.0.0.1/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://127\u30020\u30020\u30021/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://169.16689662/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1%25lo]/",
    "http://[fe80::1%lo]/",
    "http://[::1%25]/",
    "http://100.100.100.200/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://public.example@127.0.0.1/",
    "http://public.example:80@127.0.0.1:80/",
    "http://127.0.0.1\\@public.example/",
    "http://public.example#@127.0.0.1/",
    "http://127.0.0.1 .public.example/",
    "http://127.0.0.1%00.public.example/",
    "http:\\\\127.0.0.1/",
    "http:///127.0.0.1/",
    "http://127.0.0.1%2fpublic.example/",
]


@pytest.mark.parametrize("url", WRITTEN)
def test_no_spelling_of_a_private_address_is_connected_to(url: str) -> None:
    reported = SiteProfile(name="reported", type="other", hosts=("*",))
    target = default_judge(SiteDirectory([reported])).seed(url, report_id="r1")
    if not isinstance(target, Target):
        assert target.reason in {Reason.MALFORMED_LINK, Reason.UNSUPPORTED_SCHEME, Reason.OUTSIDE_SITES}
        return
    if target.host == "public.example":  # what stands before the @, or after the #, is no host
        assert "127" not in target.host
        return
    # The system's resolver knows more spellings than we do: what it makes of the host is judged.
    answers = socket.getaddrinfo(target.host, 80, type=socket.SOCK_STREAM)
    assert answers
    assert {scope().judge(str(answer[4][0])) for answer in answers} == {Reason.ADDRESS_NOT_PUBLIC}


def test_an_allowed_network_brings_its_country() -> None:
    practice = AllowedNetwork(network="127.0.0.0/8", country="NL", reason="practice web")
    judged = scope(practice).judge("127.0.0.2")
    assert isinstance(judged, Hosting)
    assert (judged.country.code, judged.country.source) == ("NL", "scope.allow_networks")


def test_an_allowed_network_covers_its_mapped_spelling_and_nothing_else() -> None:
    practice = AllowedNetwork(network="127.0.0.2/32", country="NL", reason="practice web")
    assert isinstance(scope(practice).judge("::ffff:127.0.0.2"), Hosting)
    assert scope(practice).judge("127.0.0.3") is Reason.ADDRESS_NOT_PUBLIC


@pytest.mark.parametrize("address", [*CLOUDFLARE, "151.101.1.1", "2a04:4e42::1"])
def test_behind_a_content_network_is_an_answer_of_its_own(address: str) -> None:
    for countries in (("NL",), ("US",)):
        assert scope(countries=countries).judge(address) is Reason.BEHIND_CDN
    fetched = scope(behind_cdn="fetch").judge(address)
    assert isinstance(fetched, Hosting)
    assert fetched.cdn in {"Cloudflare", "Fastly"}
    assert fetched.country.code is None


Make = Callable[..., Path]


@pytest.fixture
def mmdb(tmp_path: Path) -> Make:
    def make(name: str, records: dict[str, Any], kind: str = "Test-Country") -> Path:
        writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
        for network, record in records.items():
            writer.insert_network(IPSet([network]), record)
        writer.to_db_file(str(tmp_path / name))
        return tmp_path / name

    return make


@pytest.mark.parametrize(
    "record",
    [
        {"country": {"iso_code": "NL"}, "registered_country": {"iso_code": "US"}},
        {"country_code": "NL"},
        {"country": "nl"},
    ],
)
def test_a_file_in_any_publishers_shape_is_a_second_source(mmdb: Make, record: dict[str, Any]) -> None:
    judged = scope(country_file=mmdb("c.mmdb", {"194.109.0.0/16": record})).judge(DUTCH)
    assert isinstance(judged, Hosting)
    assert judged.country.code == "NL"
    assert judged.country.source.startswith("Test-Country and iptocc")
    assert judged.country.as_of > "2026-01-01"


@pytest.mark.parametrize(
    ("trust", "address", "expected"),
    [
        ("both", DUTCH, Reason.COUNTRY_UNDETERMINED),
        ("both", AMERICAN, Reason.COUNTRY_UNDETERMINED),
        ("file", DUTCH, Reason.COUNTRY_OUTSIDE),
        ("file", AMERICAN, "NL"),
        ("registry", DUTCH, "NL"),
        ("registry", AMERICAN, Reason.COUNTRY_OUTSIDE),
    ],
)
def test_whom_to_believe_where_sources_disagree_is_configured(
    mmdb: Make, trust: str, address: str, expected: object
) -> None:
    records = {"194.109.0.0/16": {"country_code": "DE"}, "8.8.8.0/24": {"country_code": "NL"}}
    judged = scope(country_file=mmdb("c.mmdb", records), trust=trust).judge(address)
    assert (judged.country.code if isinstance(judged, Hosting) else judged) == expected


def test_a_file_that_says_nothing_contradicts_nobody(mmdb: Make) -> None:
    judged = scope(country_file=mmdb("c.mmdb", {"192.0.2.0/24": {"country_code": "DE"}})).judge(DUTCH)
    assert isinstance(judged, Hosting)
    assert judged.country.source.startswith("iptocc")


def test_the_network_is_told_where_a_file_knows_it(mmdb: Make) -> None:
    records = {
        "194.109.0.0/16": {"autonomous_system_number": 3265, "autonomous_system_organization": "XS4ALL"},
        "8.8.8.0/24": {"asn": "AS15169", "as_name": "Google"},
        "23.32.0.0/11": {"autonomous_system_number": 20940, "autonomous_system_organization": "Akamai"},
    }
    asked = scope(asn_file=mmdb("a.mmdb", records, "Test-ASN"))
    judged = asked.judge(DUTCH)
    assert isinstance(judged, Hosting)
    assert (judged.asn, judged.organisation, judged.cdn) == (3265, "XS4ALL", None)
    assert asked.judge("23.32.1.1") is Reason.BEHIND_CDN
    assert asked.whereabouts("23.32.1.1") == "behind Akamai, AS20940 Akamai"
    assert asked.whereabouts(AMERICAN) == "US, AS15169 Google"
    assert asked.whereabouts(CLOUDFLARE[0]) == "behind Cloudflare"


def test_a_file_that_cannot_be_read_is_told_with_its_key(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"no database")
    for key, path in (("country_file", broken), ("asn_file", tmp_path / "none.mmdb")):
        with pytest.raises(ConfigError, match=f"scope.{key}: .* cannot be read as a MaxMind database"):
            scope(**{key: path})
