"""Names of files in archives, as they can be shown to a person and put into a record."""

MOST_CHARACTERS = 500
_CUT = "…"


def printable(name: bytes | str | None) -> str:
    """The name in valid Unicode without control characters, at most `MOST_CHARACTERS` long, its end kept.

    What is no UTF-8 is read as code page 437, as ZIP has it (APPNOTE 6.3.10, appendix D).
    """
    if name is None:
        return "?"
    text = _decoded(name) if isinstance(name, bytes) else name
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    if len(shown) > MOST_CHARACTERS:
        half = (MOST_CHARACTERS - len(_CUT)) // 2
        shown = shown[:half] + _CUT + shown[-half:]
    return shown or "?"


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")
