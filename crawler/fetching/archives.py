"""From what hashing found to the item that is published and counted: pictures, frames, archives, videos."""

from collections import Counter
from collections.abc import Iterator, Sequence

from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.contract.sites import SiteProfile
from crawler.fetching.picture import FetchedPicture, HashedItem, HashedPicture
from crawler.hashing import Hashed, Unpacked


def item_of_picture(fetched: FetchedPicture, hashed: Hashed) -> HashedItem:
    """A picture, with a record for each different frame of an animation. One in a page counts as part of that.

    Frames that could not be looked at count as inside of it, so that an animation that hides something is seen to.
    """
    missed = {hashed.missed_for: hashed.frames_missed} if hashed.frames_missed else {}
    pictures = tuple(HashedPicture(fetched, each) for each in _views(hashed))
    if fetched.path_inside is not None:
        return HashedItem(
            fetched.lease,
            found=None,
            pictures=pictures,
            inside=Counter({hashed.undecoded: 1}) + Counter(missed),
            reason=None,
        )
    return HashedItem(fetched.lease, found="picture", pictures=pictures, inside=missed, reason=hashed.undecoded)


def item_of_video(fetched: FetchedPicture, hashed: Hashed) -> HashedItem:
    """A video: one record, of its digests alone."""
    picture = HashedPicture(fetched, hashed)
    return HashedItem(fetched.lease, found="video", pictures=(picture,), inside={}, reason=Reason.VIDEO)


def item_of_archive(fetched: FetchedPicture, unpacked: Unpacked) -> HashedItem:
    """An archive: a record for each picture (and frame) and video in it."""
    inside: Counter[Reason | None] = Counter(unpacked.passed)
    pictures: list[HashedPicture] = []
    for each in unpacked.found:
        inside[each.hashed.undecoded] += 1
        if each.hashed.frames_missed:
            inside[each.hashed.missed_for] += each.hashed.frames_missed
        pictures += (
            HashedPicture(fetched, view, path_inside=each.path, size=each.size) for view in _views(each.hashed)
        )
    return HashedItem(
        fetched.lease,
        found="archive",
        pictures=pictures,
        inside=inside,
        reason=Reason.ARCHIVE_DAMAGED if unpacked.reason is None and fetched.truncated else unpacked.reason,
    )


def passwords_for(profile: SiteProfile, report: Report | None) -> Sequence[str]:
    """What an archive may be opened with, in this order. Only passwords that somebody has given: none is guessed."""
    of_report = () if report is None or report.password is None else (report.password,)
    return tuple(dict.fromkeys((*of_report, *profile.archive_passwords)))


def _views(hashed: Hashed) -> Iterator[Hashed]:
    yield Hashed(digests=hashed.digests, looks=hashed.looks, undecoded=hashed.undecoded)
    for looks in hashed.frames:
        yield Hashed(digests=hashed.digests, looks=looks)
