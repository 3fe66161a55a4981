"""What may go wrong on the way to a remote list. No text holds a query, a credential or a hash."""

from matchers.contract.errors import MatcherError


class RemoteUnavailableError(MatcherError):
    """The provider does not answer as it should, for now. What was fetched is kept; the next fetch goes on from it."""

    def __init__(self, text: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(text)
        self.wait_seconds = wait_seconds
        """For how long the provider asked to be left alone; None where it did not say."""


class RemoteRefusedError(MatcherError):
    """Asking again will not help: rights, address, or an answer that is not what it should be. Says what to change."""

    def __init__(self, text: str, *, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        """The HTTP status, where that is what was wrong."""


class AlreadyFetchingError(MatcherError):
    """Another process fetches this list at this moment. Nothing to do: its result is everybody's."""
