"""Which addresses may be connected to."""

import pytest

from crawler.contract.reasons import Reason
from crawler.contract.records import Country
from crawler.sites import AddressScope, AllowedNetwork, ScopeTable

DUTCH = "194.109.6.66"
AMERICAN = "8.8.8.8"


def scope(*allowed: AllowedNetwork) -> AddressScope:
    return AddressScope(ScopeTable(allow_networks=allowed), clock=lambda: 0.0)


def test_a_dutch_public_address_is_in_scope_with_source_and_date() -> None:
    judged = scope().judge(DUTCH)
    assert isinstance(judged, Country)
    assert judged.code == "NL"
    assert judged.source.startswith("iptocc")
    assert judged.as_of == "1970-01-01"


def test_another_country_is_out_of_scope() -> None:
    assert scope().judge(AMERICAN) is Reason.COUNTRY_OUTSIDE


def test_an_address_that_no_registry_has_given_out_has_no_country() -> None:
    assert scope().judge("2a00::ffff") in {Reason.COUNTRY_UNDETERMINED, Reason.COUNTRY_OUTSIDE}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",  # carrier-grade NAT
        "169.254.169.254",  # link-local; metadata services of clouds
        "192.0.2.1",  # documentation
        "198.18.0.1",  # benchmarking
        "224.0.0.1",  # multicast
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",  # a cloud's metadata service
        "ff02::1",
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_an_address_that_is_not_public_is_refused_in_every_dress(address: str) -> None:
    assert scope().judge(address) is Reason.ADDRESS_NOT_PUBLIC


def test_an_allowed_network_brings_its_country() -> None:
    practice = AllowedNetwork(network="127.0.0.0/8", country="NL", reason="practice web")
    judged = scope(practice).judge("127.0.0.2")
    assert isinstance(judged, Country)
    assert (judged.code, judged.source) == ("NL", "scope.allow_networks")


def test_an_allowed_network_covers_its_mapped_spelling_and_nothing_else() -> None:
    practice = AllowedNetwork(network="127.0.0.2/32", country="NL", reason="practice web")
    assert isinstance(scope(practice).judge("::ffff:127.0.0.2"), Country)
    assert scope(practice).judge("127.0.0.3") is Reason.ADDRESS_NOT_PUBLIC
