"""What kind of archive bytes are, by themselves; names and what a server calls them are never asked."""

import re
from enum import StrEnum


class ArchiveKind(StrEnum):
    """A way of packing. `OTHER` is known to be an archive and not read here."""

    ZIP = "zip"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    TAR = "tar"
    COMPRESSED = "compressed"
    """One stream under gzip, bzip2, xz or zstd: most often a tar."""
    OTHER = "other"


_SIGNATURES = (
    (re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08PK\x03\x04|00PK\x03\x04)"), ArchiveKind.ZIP),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), ArchiveKind.SEVEN_ZIP),
    (re.compile(rb"Rar!\x1a\x07(?:\0|\x01\0)"), ArchiveKind.RAR),
    (re.compile(rb"\x1f\x8b\x08|BZh[1-9](?:1AY&SY|\x17rE8P\x90)|\xfd7zXZ\0|\x28\xb5\x2f\xfd"), ArchiveKind.COMPRESSED),
    # RAR before 1.5, Cabinet, LHA, ARJ, ACE, compress, lz4, ar, xar
    (
        re.compile(
            rb"RE~\^|MSCF\0\0\0\0|..-l[hz][0-9dsx]-|\x60\xea.\x0a|.{7}\*\*ACE\*\*|\x1f\x9d|\x04\x22\x4d\x18|!<arch>\n|xar!",
            re.DOTALL,
        ),
        ArchiveKind.OTHER,
    ),
)
_TAR_BLOCK = 512
_TAR_SUM = slice(148, 156)


def kind_of(data: bytes) -> ArchiveKind | None:
    """The kind of archive, or None for what is none. Looks at the first 512 bytes."""
    start = data[:_TAR_BLOCK]
    for signature, kind in _SIGNATURES:
        if signature.match(start):
            return kind
    return ArchiveKind.TAR if _is_tar(start) else None


def _is_tar(block: bytes) -> bool:
    """Tar has no signature (its oldest form at least), but a sum over its first header (POSIX.1-2017, pax, ustar)."""
    if len(block) < _TAR_BLOCK or not block[0]:
        return False
    told = block[_TAR_SUM].strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,8}", told):
        return False
    return int(told, 8) == sum(block) - sum(block[_TAR_SUM]) + 8 * ord(" ")
