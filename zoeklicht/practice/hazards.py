"""What pages lead to and a crawler must not ask for, and where redirects go wrong."""

from html import escape
from urllib.parse import quote

from zoeklicht.practice.answers import Answer, Answers
from zoeklicht.practice.planting import Original

OUTSIDE = "127.0.0.99"
"""Answers like a site, and is configured as none."""
PRIVATE_PATH = "/private/"
"""Disallowed by each host's robots.txt."""

_ROBOTS_TXT = f"User-agent: *\nDisallow: {PRIVATE_PATH}\n".encode()


class Hazards:
    """Puts the hazards in place, and writes the HTML that leads to them."""

    def __init__(self, answers: Answers, bait: Original) -> None:
        """`bait`: a known picture that lies behind each hazard: touched, it would be a hit that must not be."""
        self._answers = answers
        self._bait = Answer("robots", media_type="image/jpeg", body=bait.data)
        self._elsewhere = self._put_elsewhere()

    def footer(self, address: str) -> str:
        """The end of every page of a host: links to what robots.txt disallows, to acts, and out of scope."""
        answers = self._answers
        answers.put(address, "/robots.txt", Answer("robots_txt", media_type="text/plain", body=_ROBOTS_TXT))
        hidden = answers.put(address, f"{PRIVATE_PATH}album.html", Answer("robots", body=b"<!doctype html><p>Private."))
        picture = answers.put(address, f"{PRIVATE_PATH}1.jpg", self._bait)
        acts = [answers.acting(address, target) for target in ("/logout?sid=3f2a", "/upload", "/login?next=%2F")]
        links = "".join(f'<a href="{escape(url)}">&middot;</a> ' for url in (hidden, *acts))
        return f'<footer>{links}<img src="{picture}" alt="">{self._elsewhere}</footer>'

    def about_a_picture(self, address: str, code: str, url: str) -> str:
        """Links that act on a picture: report, delete, share, vote, search elsewhere by it."""
        targets = (
            f"/report?id={code}",
            f"/delete/{code}",
            f"/view/{code}?action=share",
            f"/vote?id={code}&dir=up",
            f"/search-by-image?url={quote(url, safe='')}",
        )
        links = (escape(self._answers.acting(address, target)) for target in targets)
        return " ".join(f'<a href="{link}">act</a>' for link in links)

    def about_a_post(self, address: str, number: int) -> str:
        """Links that act on a post: report, quote, vote; and a form."""
        targets = (f"/report.php?p={number}", f"/posting?mode=quote&p={number}", f"/poll?p={number}&do=vote")
        links = (escape(self._answers.acting(address, target)) for target in targets)
        form = self._answers.acting(address, "/reply")
        return (
            " ".join(f'<a href="{link}">act</a>' for link in links) + f'<form action="{form}"><input name="t"></form>'
        )

    def wrong_ways(self, address: str) -> str:
        """Links to redirects that go in circles, to private addresses, and out of scope."""
        answers = self._answers
        answers.redirect(address, "/loop/2", "/loop/1")
        private = answers.forbid("http://10.0.0.1/full/1.jpg", "private")
        metadata = answers.forbid("http://169.254.169.254/latest/meta-data/", "private")
        ways = (
            answers.redirect(address, "/loop/1", "/loop/2"),
            answers.redirect(address, "/go/inside", private),
            answers.redirect(address, "/go/metadata", metadata),
            answers.redirect(address, "/go/outside", answers.url(OUTSIDE, "/full/2.jpg")),
        )
        return "".join(f'<a href="{way}">more</a> ' for way in ways) + f'<a href="{private}">lan</a>'

    def _put_elsewhere(self) -> str:
        answers = self._answers
        bait = self._bait._replace(kind="outside")
        answers.put(OUTSIDE, "/robots.txt", Answer("outside", media_type="text/plain", body=b"User-agent: *\n"))
        page = answers.put(OUTSIDE, "/", Answer("outside", body=b"<!doctype html><p>Outside."))
        picture = answers.put(OUTSIDE, "/full/1.jpg", bait)
        answers.put(OUTSIDE, "/full/2.jpg", bait)
        named = answers.forbid("http://elsewhere.example/full/1.jpg", "outside")
        return f'<a href="{page}">friends</a><img src="{picture}" alt=""><img src="{named}" alt="">'
