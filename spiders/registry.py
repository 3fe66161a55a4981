"""Which parser reads which type of site."""

from collections.abc import Mapping

from crawler.contract.pages import SiteSpider
from crawler.contract.records import SiteType
from spiders.banner_site import BANNER_SITE
from spiders.base import RuleSpider
from spiders.file_host import FILE_HOST
from spiders.forum import FORUM
from spiders.image_board import IMAGE_BOARD
from spiders.image_host import IMAGE_HOST

SPIDERS: Mapping[SiteType, SiteSpider] = {
    "image_host": IMAGE_HOST,
    "forum": FORUM,
    "image_board": IMAGE_BOARD,
    "file_host": FILE_HOST,
    "banner_site": BANNER_SITE,
    "other": RuleSpider(),
}
"""One for each type; "other" reads what any site may have."""


def spider_of(site_type: SiteType) -> SiteSpider:
    """The parser of a site type."""
    return SPIDERS[site_type]
