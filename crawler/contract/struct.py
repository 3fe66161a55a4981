"""The base of every record: frozen, and strict about fields it does not know.

Each record says `frozen=True, kw_only=True` itself too: msgspec inherits the first and not the second, and type
checkers know neither.
"""

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that can be stored and sent. None of its kinds may hold a picture's bytes."""
