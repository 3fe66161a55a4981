"""What can go wrong in an archive. Only ever a reason: messages of libraries quote names, so none is handed on."""

from crawler.contract.reasons import Reason


class ArchiveError(Exception):
    """The archive cannot be read, or not any further."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class MemberError(Exception):
    """One file in the archive cannot be read to its end; those after it can."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class LimitError(ArchiveError):
    """What is unpacked altogether has reached a limit: nothing more of the outermost archive is read."""
