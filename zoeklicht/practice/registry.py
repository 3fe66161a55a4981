"""All sites of the practice web that prove a feature."""

from collections.abc import Collection

from zoeklicht.practice.features import Feature
from zoeklicht.practice.hanging import PracticeSite
from zoeklicht.practice.sites import (
    doors,
    file_host,
    forms,
    image_board,
    links,
    manners,
    members,
    redirects,
    revisits,
    traps,
)

PRACTICE_SITES: tuple[PracticeSite, ...] = (
    *image_board.SITES,
    *file_host.SITES,
    *links.SITES,
    *members.SITES,
    *doors.SITES,
    *traps.SITES,
    *redirects.SITES,
    *manners.SITES,
    *forms.SITES,
    *revisits.SITES,
)
"""In the order in which they are put in place."""


def sites_of(features: Collection[Feature]) -> list[PracticeSite]:
    """Those that prove one of these features."""
    return [site for site in PRACTICE_SITES if site.feature in features]
