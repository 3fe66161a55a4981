"""What belongs to the crawl and what does not: hosts, countries, addresses, links that act."""

from crawler.sites.addresses import AddressScope, Hosting
from crawler.sites.checking import check_folder
from crawler.sites.configuration import AllowedNetwork, ScopeTable
from crawler.sites.directory import SiteDirectory
from crawler.sites.guard import acts
from crawler.sites.judging import Judge
from crawler.sites.lookalikes import LookAlikes
from crawler.sites.permits import Closed, OpenSites, Permitted, lacking, means_of, open_sites, permitted
from crawler.sites.profiles import read_profiles
from crawler.sites.refusal import Refusal

__all__ = [
    "AddressScope",
    "AllowedNetwork",
    "Closed",
    "Hosting",
    "Judge",
    "LookAlikes",
    "OpenSites",
    "Permitted",
    "Refusal",
    "ScopeTable",
    "SiteDirectory",
    "acts",
    "check_folder",
    "lacking",
    "means_of",
    "open_sites",
    "permitted",
    "read_profiles",
]
