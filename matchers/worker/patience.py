"""Waiting out an outage: trying again with growing pauses until it works or the process is told to stop."""

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

LOG = logging.getLogger(__name__)

_FIRST_PAUSE = 0.25

T = TypeVar("T")


class ToldToStopError(Exception):
    """The process is to end while something was still away. Nothing was committed that was not stored."""


def patiently(
    call: Callable[[], T], outage: type[Exception], *, stopped_within: Callable[[float], bool], longest: float
) -> T:
    """What `call` returns, however often it must be tried. It must be safe to repeat.

    `stopped_within` waits so many seconds and returns whether the process was told to stop meanwhile; then
    `ToldToStopError` is raised. Every other error passes.
    """
    for pause in _pauses(longest):
        try:
            return call()
        except outage as error:
            LOG.warning("%s Trying again in %.1f s.", error, pause)
        if stopped_within(pause):
            break
    raise ToldToStopError


def _pauses(longest: float) -> Iterator[float]:
    pause = min(_FIRST_PAUSE, longest)
    while True:
        yield pause
        pause = min(2 * pause, longest)
