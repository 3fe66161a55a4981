"""A generation that cannot be used is told apart from a store that does not answer: it is left alone, built again."""

from matchers.contract.errors import MatcherError


class DamagedGenerationError(MatcherError):
    """A file of a generation is damaged, cut short, or of another set or key. A new build puts it right."""
