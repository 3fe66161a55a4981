"""The one error root of the desk."""


class DeskError(Exception):
    """Anything the desk raises on purpose. Its text says what to do next and holds no address or hash."""


class KeyFileError(DeskError):
    """A key is missing, unreadable, or would be overwritten."""


class CannotOpenError(DeskError):
    """A sealed address does not open with this key."""


class TooManyOpenedError(DeskError):
    """More addresses were opened within the hour than policy allows."""


class AuditBrokenError(DeskError):
    """The audit log does not verify."""
