"""Which configured site a host belongs to. What belongs to none is not ours."""

from collections.abc import Iterable

from crawler.contract.errors import ConfigError
from crawler.contract.sites import SiteProfile
from crawler.sites.hosts import EVERY_HOST, normal_host


class SiteDirectory:
    """The configured sites, by name and by host."""

    def __init__(self, profiles: Iterable[SiteProfile]) -> None:
        """Raises `ConfigError` when two sites share a name or a host."""
        self.profiles: dict[str, SiteProfile] = {}
        self.reported: SiteProfile | None = None
        """The profile of reported addresses on hosts that no other one names."""
        self._exact: dict[str, SiteProfile] = {}
        self._suffix: dict[str, SiteProfile] = {}
        for profile in profiles:
            if profile.name in self.profiles:
                raise ConfigError(f"Two sites are named {profile.name!r}. Rename one.")
            self.profiles[profile.name] = profile
            for host in map(normal_host, profile.hosts):
                by_host = self._suffix if host.startswith(".") else self._exact
                if host in by_host:
                    raise ConfigError(f"Sites {by_host[host].name!r} and {profile.name!r} share a host. Take it out.")
                by_host[host] = profile
        self.reported = self._exact.pop(EVERY_HOST, None)

    def site_of(self, host: str) -> SiteProfile | None:
        """The site that names this host, an exact name before a suffix, a longer suffix before a shorter one."""
        name = host.lower().rstrip(".")
        if name in self._exact:
            return self._exact[name]
        labels = name.split(".")
        for start in range(1, len(labels)):
            found = self._suffix.get("." + ".".join(labels[start:]))
            if found is not None:
                return found
        return None
