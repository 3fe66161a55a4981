"""A practice web that is open: finds the answer to each request, lets the rules before it have a say, and counts."""

from zoeklicht.practice.answers import Answer, Rule
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.features import Feature
from zoeklicht.practice.hazards import OUTSIDE, PRIVATE_PATH
from zoeklicht.practice.touched import Touches
from zoeklicht.practice.truth import AnswerKind
from zoeklicht.practice.web import PracticeWeb


class OpenedWeb:
    """Remembers who came since it was opened."""

    def __init__(self, web: PracticeWeb, touches: Touches) -> None:
        self._answers = web.answers
        self._rules: dict[str, list[Rule]] = {
            address: [make(touches) for make in rules] for address, rules in web.rules.items()
        }
        self.touches = touches

    def answer(self, asked: Asked) -> Answer | None:
        """The answer to a request that has just arrived. None: there is nothing."""
        self.touches.arrive(asked)
        answer = self._answers.get((asked.address, asked.target))
        for rule in self._rules.get(asked.address, ()):
            answer = rule(asked, answer)
        self.touches.answer(asked, *_kind(answer, asked))
        return answer


def _kind(answer: Answer | None, asked: Asked) -> tuple[AnswerKind | None, Feature | None]:
    if answer is not None:
        return answer.kind, answer.feature
    if asked.address == OUTSIDE:
        return "outside", None
    return ("robots" if asked.target.startswith(PRIVATE_PATH) else None), None
