"""Who is shown the files of an archive, one after the other, a block at a time."""

from typing import Protocol

from crawler.contract.reasons import Reason


class Visitor(Protocol):
    """Called in this order for each file: `begin`, `block` any number of times, `end`.

    Whatever it raises ends the unpacking and comes out of `unpack`.
    """

    def begin(self, name: str) -> None:
        """A file. Its name comes from a stranger and is made printable, nothing else."""

    def block(self, data: bytes) -> bool:
        """The next bytes of the file. Returns whether more of it are wanted."""

    def end(self, fault: Reason | None) -> None:
        """No more of the file; `fault` says why it could not be read to its end."""
