"""Opens sealed addresses: one at a time, on the record before it is shown, and not without measure."""

import base64
import binascii
from datetime import UTC, datetime, timedelta

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from crawler.contract.addresses import Address
from crawler.contract.clock import Clock
from desk.audit import AuditLog
from desk.errors import CannotOpenError, TooManyOpenedError

ADDRESS_OPENED = "address_opened"
_WINDOW = timedelta(hours=1)


class Opener:
    """One person's use of the desk's secret key."""

    def __init__(self, secret_key: bytes, audit: AuditLog, *, actor: str, per_hour: int, clock: Clock) -> None:
        """`secret_key`: 32 bytes. `per_hour` bounds what all people together open."""
        self._box = SealedBox(PrivateKey(secret_key))
        self._audit = audit
        self._actor = actor
        self._per_hour = per_hour
        self._clock = clock
        self._recent = [entry.at for entry in audit.entries() if entry.action == ADDRESS_OPENED]

    def open(self, hit_id: str, sealed: str, *, reason: str) -> Address:
        """The address of a hit. It is on the record when this returns, also when it could not be opened.

        Raises `TooManyOpenedError`, and `CannotOpenError` when it was sealed for another key or damaged.
        """
        now = datetime.fromtimestamp(self._clock(), UTC)
        self._recent = [at for at in self._recent if at > now - _WINDOW]
        if len(self._recent) >= self._per_hour:
            raise TooManyOpenedError(
                f"{self._per_hour} addresses were opened within the hour, which is what desk.opened_per_hour allows."
            )
        self._audit.append(actor=self._actor, action=ADDRESS_OPENED, subject=hit_id, reason=reason)
        self._recent.append(now)
        try:
            return msgspec.json.decode(self._box.decrypt(base64.urlsafe_b64decode(sealed)), type=Address)
        except (CryptoError, binascii.Error, ValueError):
            raise CannotOpenError("A sealed address does not open: it was sealed for another desk's key.") from None


def opens(secret_key: bytes, public_key: bytes) -> bool:
    """Whether what is sealed with this public key opens with this secret key."""
    return bytes(PrivateKey(secret_key).public_key) == public_key
