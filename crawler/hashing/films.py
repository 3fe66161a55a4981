"""Whether bytes begin a video, by themselves: containers that browsers and players open."""

import re

from crawler.contract.reasons import Reason
from crawler.hashing.formats import format_of

LOOKED_AT = 1024
"""So many first bytes tell."""
_CONTAINERS = re.compile(
    rb"\x1a\x45\xdf\xa3"  # Matroska, WebM
    rb"|RIFF.{4}AVI |FLV\x01|OggS\0|\.RMF"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11"  # ASF: WMV
    rb"|\0\0\x01(?:\xba|\xb3)"  # MPEG programme and elementary streams
    # MPEG transport streams, and those of camcorders: no text, in which such letters might stand so by chance.
    rb"|(?=.{0,187}?[\0-\x08\x80-\xff])(?:G.{187}G.{187}G|.{4}G.{191}G.{191}G)"
    rb"|[\0-\x1f].{3}(?:moov|mdat|wide|free|skip|pnot)",  # QuickTime from before it had a file type; no text
    re.DOTALL,
)


def is_video(start: bytes) -> bool:
    """True for a video. AVIF and HEIF share MP4's container (ISO/IEC 14496-12) and are pictures."""
    if start[4:8] == b"ftyp":
        return format_of(start) is Reason.NOT_A_PICTURE
    return _CONTAINERS.match(start[:LOOKED_AT]) is not None
