"""Redirects and links that go wrong: to private addresses in every spelling, out of the sites, in circles, nowhere."""

from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.markup import link

REDIRECTS = "127.0.0.44"

PRIVATE = (
    "10.0.0.1",
    "167772161",
    "0x0a000001",
    "0xa.0.0.1",
    "012.0.0.1",
    "10.1",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "0.0.0.0",  # noqa: S104  # to be refused
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "fd00::1",
    "fe80::1",
    "ff02::1",
)
"""Hosts that the site's profile names, as if someone had been talked into it: only their address is wrong."""
_UNNAMED = ("localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "metadata.google.internal")
"""Hosts that no profile names. Most are this very machine, which `[scope]` allows for practice."""
_ODD = (
    "file:///etc/passwd",
    "ftp://10.0.0.1/1.jpg",
    "javascript:alert(1)",
    "gopher://10.0.0.1/",
    "http://",
    "http://[/",
)
_HOPS = 5
_TOO_MANY_HOPS = 15


def hang(hanging: Hanging) -> None:
    """Each way from the front page: as a link of its own, and behind a redirect."""
    answers = hanging.answers
    hanging.robots(REDIRECTS)
    ways = []
    for number, host in enumerate(PRIVATE):
        written = f"[{host}]" if ":" in host else host
        # At our own port, in case that it is this machine after all.
        private = answers.forbid(f"http://{written}:{answers.port}/full/{number}.jpg", "private")
        ways += [private, answers.redirect(REDIRECTS, f"/to/{number}", private)]
    for number, host in enumerate(_UNNAMED):
        outside = answers.forbid(f"http://{host}:{answers.port}/full/{number}.jpg", "outside")
        ways += [outside, answers.redirect(REDIRECTS, f"/out/{number}", outside)]
    ways += [answers.redirect(REDIRECTS, f"/odd/{number}", odd) for number, odd in enumerate(_ODD)]
    ways.append(answers.redirect(REDIRECTS, "/nowhere", None))
    ways += _circles(hanging)
    ways += _right_ways(hanging)
    refresh = '<meta http-equiv="refresh" content="0; url=/circle/a">'
    ways.append(hanging.page(REDIRECTS, "/refresh", "Moved", "<p>Moved.</p>", head=refresh))
    hanging.page(REDIRECTS, "/", "Ways", "".join(link(way, "way") for way in ways))


def _circles(hanging: Hanging) -> list[str]:
    answers = hanging.answers
    answers.redirect(REDIRECTS, "/circle/b", "/circle/c")
    answers.redirect(REDIRECTS, "/circle/c", "/circle/a")
    itself = answers.redirect(REDIRECTS, "/itself", "/itself")
    return [answers.redirect(REDIRECTS, "/circle/a", "/circle/b", status=301), itself]


def _right_ways(hanging: Hanging) -> list[str]:
    """Redirects that lead to a picture: by each status, by several hops; and one with too many hops."""
    answers = hanging.answers
    ways = []
    for status in (301, 302, 303, 307, 308):
        picture = hanging.files(REDIRECTS, "full", hanging.supply.planted())["full"]
        # Relative, as RFC 9110 (10.2.2) allows.
        relative = "../" + picture.split("/", 3)[3]
        ways.append(answers.redirect(REDIRECTS, f"/by/{status}", relative, status=status))
    picture = hanging.files(REDIRECTS, "full", hanging.supply.planted())["full"]
    for hop in range(_HOPS):
        answers.redirect(REDIRECTS, f"/hop/{hop}", f"/hop/{hop + 1}" if hop + 1 < _HOPS else picture)
    for hop in range(_TOO_MANY_HOPS):
        answers.redirect(REDIRECTS, f"/long/{hop}", f"/long/{hop + 1}" if hop + 1 < _TOO_MANY_HOPS else "/")
    return [*ways, answers.url(REDIRECTS, "/hop/0"), answers.url(REDIRECTS, "/long/0")]


def _profiles(port: int) -> list[Profile]:
    return [profile("redirects", "other", REDIRECTS, port, further_hosts=PRIVATE)]


SITES = (PracticeSite("redirects", (REDIRECTS,), hang, _profiles),)
"""The one site of this file."""
