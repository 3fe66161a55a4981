"""What a matcher has done since it was started, in numbers."""

from crawler.contract.struct import Record


class MatcherCounts(Record, frozen=True, kw_only=True):
    """Counted once stored; what is delivered twice counts twice."""

    looked_up: int = 0
    """Pictures looked up in the known set."""
    hits: int = 0
    """Pictures with at least one match."""
    matched: int = 0
    """Matches of those pictures: entries of the known set, one for each picture and entry."""
    held_apart: int = 0
    """Matches among them that are held apart, and do not make an open hit by themselves."""
    low_quality: int = 0
    """Pictures whose PDQ quality is so low that matches by their looks are held apart."""
    undecoded: int = 0
    """Pictures that could not be decoded, so that only their digests were matched."""
    flooding: int = 0
    """Entries that began to match so much that their matches are held apart from then on."""
    restated: int = 0
    """Hits that stood otherwise as soon as they were stored, since their entries had been withdrawn meanwhile."""
    poison: int = 0
    """Messages that were no valid record and lie with the dead letters."""

    def plus(self, other: "MatcherCounts") -> "MatcherCounts":
        """Both added up."""
        return MatcherCounts(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})
