"""How a Scrapy component comes by Zoeklicht's configuration."""

import os
from pathlib import Path

from scrapy.settings import BaseSettings

from crawler.contract.config import Configuration, read
from crawler.contract.errors import ConfigError


def configuration_of(settings: BaseSettings) -> Configuration:
    """The configuration that `zoeklicht crawl` handed over, or the file that `-s ZOEKLICHT_CONFIG=` names.

    Raises `ConfigError`.
    """
    given = settings.get("ZOEKLICHT_CONFIGURATION")
    if isinstance(given, Configuration):
        return given
    path = settings.get("ZOEKLICHT_CONFIG")
    if not path:
        raise ConfigError(
            "No configuration. Use: zoeklicht crawl --config FILE, or: scrapy crawl sites -s ZOEKLICHT_CONFIG=FILE"
        )
    return read(Path(path), os.environ)
