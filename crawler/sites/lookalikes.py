"""Pages that say what the page before them said, and so on: a trap that no address gives away.

Measured on what a page shows and which pictures it holds, along the chain that led to it. Pages that are alike but
lead nowhere near each other (the landing pages of a file host) are not meant, nor is a viewer that turns over pictures.
"""

import re
from collections import OrderedDict
from collections.abc import Collection
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from parsel import Selector

from crawler.contract.frontier import Target

_IN_A_ROW = 5
"""Pages like the one before them, one leading to the next, that are still followed."""
_BITS_APART = 4
"""Of 256. Measured on text: one number that changes among 1,100 words makes 0 to 5 of them, among 330 words 2 to 10;
ten other words among 330 make 6 to 21, so that a list's next page or another topic is never taken for the same."""
_BYTES = 32
_WORDS_TOGETHER = 4
_MOST_WORDS = 2_000
_REMEMBERED = 20_000
"""Pages, those seen last; some 7 MB."""
_STEPS_BACK = 3
"""Links of the chain to look back: redirect hops stand in it and show nothing."""
_NUMBER = re.compile(r"\d+")
_HIDDEN = frozenset({"head", "title", "meta", "link", "base", "script", "style", "noscript", "template"})


class _Look(NamedTuple):
    words: int
    pictures: int
    run: int
    """How many pages before it, one leading to the next, looked like this."""


class LookAlikes:
    """Notices chains of pages that look alike. Each process for itself."""

    def __init__(self) -> None:
        self._looks: OrderedDict[int, _Look] = OrderedDict()

    def seen(self, target: Target, page: Selector, pictures: Collection[str]) -> bool:
        """Whether this page is one too many of its kind: its links to pages are then not to be followed.

        `pictures`: addresses of the pictures that the page holds; these are to be followed in any case.
        """
        words, held = simhash(shown(page)), hash(frozenset(pictures))
        before = self._before(target)
        alike = before is not None and before.pictures == held and _apart(before.words, words) <= _BITS_APART
        run = before.run + 1 if before is not None and alike else 0
        key = hash((target.site, target.url))
        self._looks.pop(key, None)
        self._looks[key] = _Look(words, held, run)
        if len(self._looks) > _REMEMBERED:
            self._looks.popitem(last=False)
        return run >= _IN_A_ROW

    def _before(self, target: Target) -> _Look | None:
        for url in target.chain[: -_STEPS_BACK - 1 : -1]:
            look = self._looks.get(hash((target.site, url)))
            if look is not None:
                return look
        return None


def shown(page: Selector) -> list[str]:
    """The words that a page shows and the elements it is made of, in its order; at most 2,000."""
    found: list[str] = []
    root = page.root
    if not hasattr(root, "iter"):
        return found
    for element in root.iter():
        if len(found) >= _MOST_WORDS:
            break
        if isinstance(element.tag, str) and element.tag not in _HIDDEN:  # comments have a function there
            found.append(f"<{element.tag}")
            found += _words(element.text)
        found += _words(element.tail)
    return found[:_MOST_WORDS]


def _words(text: str | None) -> list[str]:
    """The words of a text, one number as good as another: pages that count up, or tell the time, say nothing new."""
    return _NUMBER.sub("0", text or "").split()


def simhash(words: list[str]) -> int:
    """256 bits of which few differ between texts of which little differs (Charikar 2002), over groups of four words."""
    starts = range(max(1, len(words) - _WORDS_TOGETHER + 1))
    groups = [" ".join(words[at : at + _WORDS_TOGETHER]).encode("utf-8", "replace") for at in starts]
    digests = b"".join(blake2b(group, digest_size=_BYTES).digest() for group in groups)
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(-1, _BYTES), axis=1)
    return int.from_bytes(np.packbits(2 * bits.sum(axis=0, dtype=np.int64) > len(bits)).tobytes(), "big")


def _apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()
