"""The listing of what was passed over: each address sealed, once, with the rule that decided and the way to it.

Sealing costs a tenth of a millisecond and a page may have hundreds of links that are not followed, most of them again
and again: what this process has told lately it does not tell once more. The counts do not pass through here.
"""

from collections import Counter, OrderedDict
from urllib.parse import urlsplit

from crawler.contract.addresses import Address
from crawler.contract.clock import Clock
from crawler.contract.digesting import keyed_digest
from crawler.contract.frontier import CountedKind, PassedOver, Target
from crawler.contract.reasons import Reason
from crawler.fetching.describing import MOST_CHAIN_CHARACTERS, within
from crawler.sealing import Sealer

_REMEMBERED = 50_000
_LONGEST_ADDRESS = 8_192


class Listing:
    """Makes `PassedOver` entries. Used from one thread, but for `beyond_budget`."""

    def __init__(self, sealer: Sealer, digest_key: bytes, clock: Clock, *, most: int) -> None:
        """`most`: entries of each site and reason that the frontier keeps; no more than so many are made here."""
        self._sealer = sealer
        self._digest_key = digest_key
        self._clock = clock
        self._most = most
        self._told: OrderedDict[tuple[str, Reason, str], None] = OrderedDict()
        self._made: Counter[tuple[str, Reason]] = Counter()

    def link(self, url: str, parent: Target, reason: Reason, detail: str | None = None) -> PassedOver | None:
        """An entry for a link on the parent's page that is not followed; None when it was told before."""
        return self._entry(url, (*parent.chain, parent.url), "link", parent, reason, detail)

    def target(
        self, target: Target, reason: Reason, *, kind: CountedKind, detail: str | None = None
    ) -> PassedOver | None:
        """An entry for a target that ended without being fetched or hashed; None when it was told before."""
        return self._entry(target.url, target.chain, kind, target, reason, detail)

    def beyond_budget(self, target: Target, reason: Reason, at: float) -> PassedOver:
        """An entry for a target that the frontier did not accept, told before or not. Called from its threads."""
        return self._made_of(target.url, target.chain, "link", target, reason, None, at)

    def sealed(self, target: Target) -> str:
        """The sealed address of a target, for what must still be known once the frontier has forgotten the target."""
        return self._seal(target.url, target.chain)

    def _entry(
        self, url: str, chain: tuple[str, ...], kind: CountedKind, of: Target, reason: Reason, detail: str | None
    ) -> PassedOver | None:
        digest = keyed_digest(self._digest_key, "passed", url)
        told = (of.site, reason, f"{digest}{of.report_id or ''}")
        if told in self._told:
            self._told.move_to_end(told)
            return None
        if of.report_id is None and self._made[of.site, reason] >= self._most:
            return None
        self._told[told] = None
        self._made[of.site, reason] += 1
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return self._made_of(url, chain, kind, of, reason, detail, self._clock())

    def _made_of(
        self,
        url: str,
        chain: tuple[str, ...],
        kind: CountedKind,
        of: Target,
        reason: Reason,
        detail: str | None,
        at: float,
    ) -> PassedOver:
        return PassedOver(
            digest=keyed_digest(self._digest_key, "passed", url),
            site=of.site,
            kind=kind,
            reason=reason,
            host=_host_of(url),
            sealed_address=self._seal(url, chain),
            at=at,
            report_id=of.report_id,
            detail=detail,
        )

    def _seal(self, url: str, chain: tuple[str, ...]) -> str:
        return self._sealer.seal(
            Address(
                url=_valid(url[:_LONGEST_ADDRESS]),
                page_url=chain[-1] if chain else None,
                chain=within(chain, MOST_CHAIN_CHARACTERS),
            )
        )


def _host_of(url: str) -> str:
    """The host, empty where the address is none; at most as long as a host name can be."""
    try:
        return _valid((urlsplit(url).hostname or "")[:253])
    except ValueError:
        return ""


def _valid(text: str) -> str:
    """Without lone surrogates, which pages contain and JSON does not."""
    return text.encode("utf-8", "replace").decode("utf-8")
