"""What belongs to the crawl and what does not: hosts, countries, addresses, links that act."""

from crawler.sites.addresses import AddressScope
from crawler.sites.configuration import AllowedNetwork, ScopeTable
from crawler.sites.directory import SiteDirectory
from crawler.sites.guard import acts
from crawler.sites.judging import Judge
from crawler.sites.profiles import read_profiles

__all__ = ["AddressScope", "AllowedNetwork", "Judge", "ScopeTable", "SiteDirectory", "acts", "read_profiles"]
