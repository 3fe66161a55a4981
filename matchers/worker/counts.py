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
    low_quality: int = 0
    """Pictures whose looks were not matched because their PDQ quality is too low. Their digests were."""
    undecoded: int = 0
    """Pictures that could not be decoded, so that only their digests were matched."""
    poison: int = 0
    """Messages that were no valid record and lie with the dead letters."""

    def plus(self, other: "MatcherCounts") -> "MatcherCounts":
        """Both added up."""
        return MatcherCounts(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})
