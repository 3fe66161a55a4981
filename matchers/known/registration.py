"""A list is registered before anything of it is imported: whose it is, under which regime, and what its rows mean."""

import base64
import binascii
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

from crawler.contract.records import Preparation
from crawler.contract.struct import Record
from matchers.contract.errors import MatcherError
from matchers.contract.records import Meaning

ListKind = Literal["provider", "own"]
"""`own`: the hotline's own confirmed material. Each import of it takes a second person."""
ListState = Literal["approved", "disabled", "retracted"]
Sense = Literal["baseline", "national", "illegal", "leave_out"]
"""What a category means, or that its rows are not wanted in the set: they are counted, and taken back if held."""

REGIMES: Final = frozenset({"csam"})
_KEY_BYTES: Final = 32
_MOST_TEXT: Final = 100
_PORTS: Final = {"https": 443, "http": 80}


class RegistrationRefusedError(MatcherError):
    """A list cannot be registered like that. Says what to change."""


class Registration(Record, frozen=True, kw_only=True):
    """What is laid down about a list before its first import, and approved by a second person."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The organisation it comes from."""
    regime: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    """Only `csam` is accepted."""
    contact: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Whom to ask about an entry."""
    kind: ListKind = "provider"
    signing_key: str | None = None
    """Ed25519 public key, 32 bytes in base64. With it every import needs a signature over the file's bytes."""
    prepared: Preparation | None = None
    """How its PDQ hashes were made; None: from full resolution."""
    categories: dict[str, Sense] | None = None
    """What its categories mean; None for a list that has none. There is no default: it differs by country."""
    fetched_from: str | None = None
    """The provider's server, as `https://host` or `https://host:port`. What is fetched there is the provider's own."""
    expected_minimum: Annotated[int, msgspec.Meta(ge=0)] = 0
    """An import that would leave fewer entries than this needs a second person."""


def checked(registration: Registration) -> Registration:
    """The registration. Raises `RegistrationRefusedError` for another regime, or for what would mislead its readers:

    a key or server that is none, an empty name, a text with line breaks or characters that do not show.
    """
    for what, text in (("name", registration.name), ("source", registration.source), ("contact", registration.contact)):
        if not text.strip() or text != text.strip() or not text.isprintable() or len(text) > _MOST_TEXT:
            raise RegistrationRefusedError(
                f"The {what} must be one line of 1 to {_MOST_TEXT} characters that all show, without spaces around it."
            )
    if registration.regime not in REGIMES:
        raise RegistrationRefusedError(
            f"{registration.name}: lists of another regime are refused. This set is for csam; it says "
            f"{registration.regime}. A list of adults' pictures needs other laws, other people and other software."
        )
    if registration.signing_key is not None:
        signing_key(registration.signing_key)
    if registration.fetched_from is not None:
        checked_server(registration.fetched_from)
    return registration


def checked_server(text: str, *, path_too: bool = False) -> str:
    """`https://host` or `https://host:port`, in the one way that it is written. Raises `RegistrationRefusedError`.

    `path_too`: what comes behind is cut off instead of refused.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or not (bare or path_too):
        raise RegistrationRefusedError(
            "The server a list is fetched from is written as https://name or https://name:port."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.rstrip(".")
    return f"{parts.scheme}://{host}" + ("" if port in {None, _PORTS[parts.scheme]} else f":{port}")


def signing_key(text: str) -> bytes:
    """The key's 32 bytes. Raises `RegistrationRefusedError`."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise RegistrationRefusedError("The signing key must be an Ed25519 public key: 32 bytes in base64.")
    return key


def vouched(read_as: Registration, now: Registration, fetched_from: str | None) -> bool:
    """Whether the provider itself says what is on its list: by its signature, or by the server that two people named.

    `read_as`: the registration that the signature was checked with; another one may have been approved since.
    """
    if now.signing_key is not None:
        return now.signing_key == read_as.signing_key
    if now.fetched_from is None or fetched_from is None:
        return False
    return checked_server(fetched_from) == checked_server(now.fetched_from)


class _Categories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: dict[str, Sense]


def read_categories(path: Path) -> dict[str, Sense]:
    """A list's category mapping out of the operator's TOML file: one table `[categories]`, raw category to meaning.

    Raises `RegistrationRefusedError` when the file cannot be read or says anything else.
    """
    try:
        with path.open("rb") as file:
            return msgspec.convert(tomllib.load(file), _Categories).categories
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise RegistrationRefusedError(
            f"{path}: no category mapping ({error}). It needs one table, [categories], that says for each category of "
            'the list "baseline", "national", "illegal" or "leave_out".'
        ) from None


def meaning(sense: Sense | None) -> Meaning | None:
    """What an entry with this sense says."""
    return None if sense is None or sense == "leave_out" else sense
