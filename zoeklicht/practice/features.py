"""What the practice web can have besides its basic image host and forum: each proves one thing a crawler can do."""

from collections.abc import Collection
from typing import Literal, get_args

Feature = Literal[
    "age_gate",
    "animated",
    "banner_site",
    "basic_auth",
    "calendar",
    "crawl_delay",
    "embedded",
    "facets",
    "file_host",
    "fixed_cookie",
    "growing",
    "image_board",
    "members",
    "near_identical",
    "one_address",
    "redirects",
    "referrer",
    "repetition",
    "robots_unreachable",
    "scripted",
    "short_links",
    "style_sheets",
    "throttling",
    "user_agent",
    "validators",
    "video",
]
"""Each lives on hosts of its own, and its plantings can be found in no other way."""

Features = Collection[Feature]

BASIC: frozenset[Feature] = frozenset()
ALL: frozenset[Feature] = frozenset(get_args(Feature))


def features_named(text: str) -> frozenset[Feature]:
    """The features in `all`, `basic`, or names with commas between. Raises `ValueError` that says which there are."""
    names = {name.strip() for name in text.split(",")} - {"", "basic"}
    if "all" in names:
        return ALL
    chosen = frozenset(feature for feature in ALL if feature in names)
    unknown = names - chosen
    if unknown:
        raise ValueError(f"No such feature: {', '.join(sorted(unknown))}. There are: {', '.join(sorted(ALL))}.")
    return chosen
