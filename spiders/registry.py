"""Which parser reads which type of site."""

from collections.abc import Mapping

from crawler.contract.errors import ConfigError
from crawler.contract.pages import SiteSpider
from crawler.contract.records import SiteType
from spiders.base import RuleSpider
from spiders.forum import FORUM
from spiders.image_host import IMAGE_HOST

SPIDERS: Mapping[SiteType, SiteSpider] = {
    "image_host": IMAGE_HOST,
    "forum": FORUM,
    "other": RuleSpider(),
}
"""The site types that can be crawled so far; "other" reads what any site may have."""


def spider_of(site_type: SiteType) -> SiteSpider:
    """The parser of a site type. Raises `ConfigError` when there is none yet, naming those there are."""
    try:
        return SPIDERS[site_type]
    except KeyError:
        names = ", ".join(sorted(SPIDERS))
        raise ConfigError(
            f"[[sites]]: there is no spider for type {site_type!r} yet. There is one for: {names}; "
            'take "other" to read what any site may have.'
        ) from None
