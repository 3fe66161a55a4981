"""Everything there is to say of the configured sites: for `sites check` and `doctor`."""

import time

from crawler.contract.config import Configuration
from crawler.contract.findings import Finding
from crawler.contract.reasons import EXPLANATIONS
from crawler.contract.sites import SiteProfile
from crawler.fetching.seeding import default_judge
from crawler.sites import Refusal, SiteDirectory, check_folder


def check_sites(configuration: Configuration) -> tuple[tuple[SiteProfile, ...], tuple[Finding, ...]]:
    """The profiles that can be used, and all findings. Raises `ConfigError` when there is no folder of them."""
    profiles, findings = check_folder(configuration.profiles, time.time())
    more: list[Finding] = []
    judge = default_judge(SiteDirectory(profiles))
    for profile in profiles:
        matter = f"site {profile.name!r}"
        for number, url in enumerate(profile.seeds, start=1):
            judged = judge.seed(url)
            if isinstance(judged, Refusal):
                text = f"seed {number} would be refused: {EXPLANATIONS[judged.reason]}"
                more.append(Finding(level="failure", matter=matter, text=text))
            elif judged.site != profile.name:
                text = f"seed {number} lies on site {judged.site!r}. Move it to that profile."
                more.append(Finding(level="failure", matter=matter, text=text))
    return profiles, (*findings, *more)
