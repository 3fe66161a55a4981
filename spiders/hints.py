"""What a page says of a link besides its address, for the side-effect guard."""

from collections.abc import Iterable

from spiders.elements import Element, near, words_in

_LONGEST = 300
_STATED = ("rel", "title", "aria-label", "data-method", "data-confirm", "data-action")
_LINKS = frozenset({"a", "area", "option", "button", "input", "link", "tr", "td", "div", "span", "li"})


def hint_of(element: Element) -> str | None:
    """Relations, title, method and words, in lower case; of a link that has no words, its and its icon's classes."""
    if element.tag not in _LINKS:
        return None
    stated = [element.get(name, "") for name in _STATED]
    if element.tag in {"a", "area", "option", "button"}:
        words = [*words_in(element), *(each.get("alt", "") for each in near(element) if each.tag == "img")]
        if not any(map(str.strip, words)) and not any(stated[1:3]):
            words = [each.get("class", "") for each in near(element)]
        stated += words
    return merged(stated)


def merged(hints: Iterable[str | None]) -> str | None:
    """Hints as one, cut to a few hundred characters."""
    return " ".join(" ".join(hint[:_LONGEST].split()) for hint in hints if hint)[:_LONGEST].lower().strip() or None
