"""Content networks, as data: servers that answer for others, so that where a site is hosted cannot be seen.

Only networks that do nothing else are named. Who also rents out servers (Amazon, Google, Gcore, DDoS-Guard) is left
out: to call a hoster's customers "behind a network" would leave sites in scope unfetched.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

NETWORKS_AS_OF = "2026-10-14"
"""The day on which the lists of networks below were compared with those that their owners publish."""

_PUBLISHED = {
    "Cloudflare": """
        173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18 108.162.192.0/18 190.93.240.0/20
        188.114.96.0/20 197.234.240.0/22 198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13
        131.0.72.0/22
        2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 2a06:98c0::/29 2c0f:f248::/32
    """,
    "Fastly": """
        23.235.32.0/20 43.249.72.0/22 103.244.50.0/24 103.245.222.0/23 103.245.224.0/24 104.156.80.0/20
        140.248.64.0/18 140.248.128.0/17 146.75.0.0/17 151.101.0.0/16 157.52.64.0/18 167.82.0.0/17 167.82.128.0/20
        167.82.160.0/20 167.82.224.0/20 172.111.64.0/18 185.31.16.0/22 199.27.72.0/21 199.232.0.0/16
        2a04:4e40::/32 2a04:4e42::/32
    """,
}

_ASNS = {
    "Cloudflare": (13335,),
    "Fastly": (54113,),
    "Akamai": (12222, 16625, 16702, 20940, 21342, 21357, 32787, 33905, 35994),
    "Edgio": (15133, 22822),
    "StackPath": (33438, 12989, 20446),
    "CDN77": (60068,),
    "Bunny": (200325,),
    "Imperva": (19551,),
    "Sucuri": (30148,),
    "CacheFly": (30081,),
    "CDNetworks": (36408, 54994),
    "Qrator": (197068, 200449),
}

_NETWORKS = tuple((ip_network(text), name) for name, texts in _PUBLISHED.items() for text in texts.split())
_BY_ASN = {number: name for name, numbers in _ASNS.items() for number in numbers}


def cdn_of(address: IPv4Address | IPv6Address, asn: int | None) -> str | None:
    """The content network that answers at an address, by the networks it publishes, else by its ASN where known."""
    published: tuple[tuple[IPv4Network | IPv6Network, str], ...] = _NETWORKS
    named = next((name for network, name in published if address in network), None)
    return named or (None if asn is None else _BY_ASN.get(asn))
