"""What is wrong, or may soon be, with the site profiles: all of it at once, each with what to do."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError
from crawler.contract.findings import Finding
from crawler.contract.sites import SiteProfile
from crawler.sites.directory import SiteDirectory
from crawler.sites.hosts import EVERY_HOST, is_host
from crawler.sites.permits import Closed, permitted
from crawler.sites.profiles import ENDING, gather_profiles

_SOON = 30
"""Days before a mandate ends in which one is reminded."""

_FIXED_HOST = re.compile(r"\^?https?\??:/{2}((?:\\\.|[a-z0-9-])+)(?=[/:]|\\/)", re.IGNORECASE)
"""A pattern that begins with scheme and host, spelled out."""


def check_folder(folder: Path, now: float) -> tuple[tuple[SiteProfile, ...], tuple[Finding, ...]]:
    """The profiles that can be used together, and everything there is to say of the folder, files in their order.

    A failure keeps a site from being crawled as its profile says; a warning does not. Raises `ConfigError` when
    there is no such folder.
    """
    profiles, problems = gather_profiles(folder)
    findings = [Finding(level="failure", matter="profile", text=str(problem)) for problem in problems]
    findings += _unread(folder)
    good: list[SiteProfile] = []
    for profile in profiles:
        try:
            SiteDirectory([*good, profile])
            good.append(profile)
        except ConfigError as error:
            findings.append(_failure(profile, str(error)))
    for profile in good:
        findings += check_profile(profile, now)
    return tuple(good), tuple(findings)


def check_profile(profile: SiteProfile, now: float) -> Iterator[Finding]:
    """Everything there is to say of one profile, by itself."""
    yield from _mandate(profile, now)
    yield from _secrets(profile)
    yield from _hosts(profile)
    yield from _bounds(profile)
    yield from _in_the_clear(profile)
    if profile.robots_override is not None:
        yield _warning(profile, f"does not heed robots.txt: {profile.robots_override.reason}")
    if not profile.seeds and profile.hosts != (EVERY_HOST,):
        yield _warning(profile, "has no seeds: only what is reported or added by hand is fetched.")
    if profile.gap_seconds == 0 and (profile.mandate is None or profile.mandate.kind != "own"):
        yield _warning(profile, "gap_seconds = 0 leaves no pause between two requests. Is that agreed?")


def _mandate(profile: SiteProfile, now: float) -> Iterator[Finding]:
    found = permitted(profile, now)
    if isinstance(found, Closed) and (found.why != "outside_window" or found.until is None):
        yield _failure(profile, f"nothing of it is fetched: {found.text}")
    elif profile.mandate is not None:
        days = (profile.mandate.expires - datetime.fromtimestamp(now, UTC).date()).days
        if days < _SOON:
            yield _warning(profile, f"its mandate ends on {profile.mandate.expires}. Have it renewed.")


def _secrets(profile: SiteProfile) -> Iterator[Finding]:
    for key, path in _secret_files(profile):
        if not path.exists():
            yield _warning(profile, f"{key}: {path} is not there. Crawlers need it; other machines do not.")
            continue
        try:
            if not read_secret(path, key):
                yield _failure(profile, f"{key}: {path} is empty.")
        except ConfigError as error:
            yield _failure(profile, str(error))


def _in_the_clear(profile: SiteProfile) -> Iterator[Finding]:
    """Passwords that everybody on the way could read."""
    if profile.login is not None and profile.login.page.lower().startswith("http://"):
        yield _warning(profile, "login.page is http: everybody on the way can read the password.")
    if profile.basic_auth is not None and "http" in profile.basic_auth.schemes:
        yield _warning(profile, "basic_auth.schemes has http: everybody on the way can read the password.")


def _secret_files(profile: SiteProfile) -> Iterator[tuple[str, Path]]:
    for name in ("login", "basic_auth"):
        access = getattr(profile, name)
        if access is not None:
            yield f"{name}.user_file", access.user_file
            yield f"{name}.password_file", access.password_file
    if profile.proxy is not None and profile.proxy.credentials_file is not None:
        yield "proxy.credentials_file", profile.proxy.credentials_file


def _hosts(profile: SiteProfile) -> Iterator[Finding]:
    for host in profile.hosts:
        if not is_host(host):
            yield _failure(profile, f"hosts: {host!r} is no host name. Write it without scheme, port and path.")
    if profile.hosts == (EVERY_HOST,):
        return
    alone = SiteDirectory([profile])
    for key in ("picture_links", "page_links", "next_links", "acting_links"):
        for pattern in getattr(profile, key):
            fixed = _FIXED_HOST.match(pattern)
            if fixed and alone.site_of(fixed[1].replace("\\.", ".")) is None:
                yield _warning(profile, f"{key}: {pattern!r} is for a host that is not the site's.")
    for number, seed in enumerate(profile.seeds, start=1):
        if any(re.search(pattern, seed) for pattern in profile.acting_links):
            yield _warning(profile, f"acting_links would refuse seed {number}, were it a link.")


def _bounds(profile: SiteProfile) -> Iterator[Finding]:
    often = profile.revisits
    if not often.shortest_seconds <= often.first_seconds <= often.longest_seconds:
        yield _failure(profile, "revisits: first_seconds must lie between shortest_seconds and longest_seconds.")
    if not often.shortest_seconds <= often.round_seconds <= often.longest_seconds:
        yield _failure(profile, "revisits: round_seconds must lie between shortest_seconds and longest_seconds.")
    for what, least, most, budget in (
        ("pages", profile.expect.pages_at_least, profile.expect.pages_at_most, profile.budget.pages),
        ("pictures", profile.expect.pictures_at_least, profile.expect.pictures_at_most, profile.budget.pictures),
    ):
        if least is not None and most is not None and least > most:
            yield _failure(profile, f"expect: at least {least} {what} and at most {most} cannot be.")
        elif least is not None and least > budget:
            yield _failure(profile, f"expect: at least {least} {what} cannot be within a budget of {budget}.")


def _unread(folder: Path) -> Iterable[Finding]:
    """Files that look like profiles and are not read."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and ENDING in path.name.lower() and (path.suffix != ENDING or path.name.startswith(".")):
            text = f"{path} is not read: its name does not end in {ENDING}, or begins with a dot."
            yield Finding(level="warning", matter="profile", text=text)


def _failure(profile: SiteProfile, text: str) -> Finding:
    return Finding(level="failure", matter=f"site {profile.name!r}", text=text)


def _warning(profile: SiteProfile, text: str) -> Finding:
    return Finding(level="warning", matter=f"site {profile.name!r}", text=text)
