"""One archive as the pool sees it: what its workers have told so far, so that the next one can take up from there."""

from collections import Counter

from crawler.contract.reasons import Reason
from crawler.hashing.inside import Begun, Ended, Found, Going, HashedInside, Passed, Told, Unpacked
from crawler.hashing.looks import Hashed


class Opening:
    """Gathers what is told."""

    def __init__(self) -> None:
        self.number = 0
        """Of the last thing that is dealt with."""
        self._begun: Begun | None = None
        self._found: list[HashedInside] = []
        self._passed: Counter[Reason] = Counter()
        self._reason: Reason | None = None

    def hear(self, told: Told) -> None:
        """The next thing that a worker says."""
        match told:
            case Going():
                return
            case Begun():
                self._begun = told
                return
            case Found():
                self._found.append(told.inside)
                self.number = told.number
            case Passed():
                self._passed[told.reason] += 1
                self.number = told.number
            case Ended():
                self._reason = told.reason
        self._begun = None

    def take_up(self) -> None:
        """Another worker goes on behind the last thing that is dealt with."""
        self._begun = None

    def blame(self, reason: Reason) -> bool:
        """The worker has died. Returns whether a picture is to blame: then the archive goes on behind it."""
        begun, self._begun = self._begun, None
        if begun is None:
            return False
        hashed = Hashed(digests=begun.digests, undecoded=reason)
        self._found.append(HashedInside(path=begun.path, size=begun.size, hashed=hashed))
        self.number = begun.number
        return True

    def unpacked(self, reason: Reason | None = None) -> Unpacked:
        """All of it; `reason`: why it was given up."""
        locked = Reason.ARCHIVE_LOCKED if Reason.ARCHIVE_LOCKED in self._passed else None
        return Unpacked(found=tuple(self._found), passed=self._passed, reason=reason or self._reason or locked)
