"""The one error root of the matchers."""


class MatcherError(Exception):
    """Anything the matchers raise on purpose. Its text says what to do next and holds no address or hash."""


class StoreUnavailableError(MatcherError):
    """The hit store or the known set does not answer (any more). Worth trying again later; nothing has been lost."""


class StoreRefusedError(MatcherError):
    """The store answered, and refused: retrying will not help (mapping, rights, version). Says what to change."""


class TooMuchPoisonError(MatcherError):
    """So many messages in a row could not be read that something else must be wrong. The worker stops."""
