"""Who does something to the known set, and whether two of them are two people."""

import os
import pwd
import unicodedata
from pathlib import Path
from typing import Annotated, Final

import msgspec

from crawler.contract.struct import Record
from matchers.contract.errors import MatcherError

_NO_LOGIN: Final = 2**32 - 1
_MOST_NAME: Final = 100


class NotAllowedError(MatcherError):
    """Somebody may not do this: it takes another person, another list or another state. Says which."""


class Person(Record, frozen=True, kw_only=True):
    """Somebody who acts, as the deeds name them."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    account: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """The operating system's account they logged in with."""

    def __str__(self) -> str:
        return f"{self.name} ({self.account})"


def person_here(name: str) -> Person:
    """Who runs this process, under the name they give.

    The account is the one that logged in, where the kernel keeps it (`/proc/self/loginuid`, which survives sudo and
    su), else the one the process runs as. Raises `NotAllowedError` for what is no name, or would pass for another line.
    """
    said = " ".join(name.split())
    if not _as_said(said) or not said.isprintable() or len(said) > _MOST_NAME:
        raise NotAllowedError(
            f"A name for the record is one line of 1 to {_MOST_NAME} characters that all show. Give it with --by."
        )
    return Person(name=said, account=_account())


def two_people(first: Person, second: Person, *, one_account: bool) -> None:
    """Raises `NotAllowedError` unless these are two: by name, and, but for `one_account`, by account, too.

    A name is what somebody says of themselves; an account has to be logged in to. On a machine where all work under
    one account only the names are left, so that the rule then holds against mistakes, not against one determined
    person: hence it has to be switched on.
    """
    if _as_said(first.name) == _as_said(second.name):
        raise NotAllowedError(f"{first.name} proposed it, so somebody else has to approve it.")
    if not one_account and first.account == second.account:
        raise NotAllowedError(
            f"It was proposed from the account {first.account}, so it has to be approved from another one: a name "
            "alone proves nobody. Where everybody works under one account, set one_account = true under [known]."
        )


def _as_said(name: str) -> str:
    """Letters and digits alone: without case, accents, spaces, dots, what does not show, and forms of letters.

    Letters of another script that look alike are not told: where names are all there is, anybody may type any name.
    """
    return "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if each.isalnum())


def _account() -> str:
    try:
        uid = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        uid = _NO_LOGIN
    if uid == _NO_LOGIN:
        uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
