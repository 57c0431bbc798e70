"""Which texts a list of patterns stands for, and whether another list stands for some that it does not. Pure.

It errs on the side of a person who reviews: what cannot be told to be covered is not covered.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_RUN = re.compile(r"[*?]+")


@lru_cache(maxsize=16384)
def covers(wide: str, narrow: str) -> bool:
    """Whether every text that one pattern of ``*`` and ``?`` stands for is one of the other's."""
    return _over(_tidy(wide)).fullmatch(_tidy(narrow)) is not None


@lru_cache(maxsize=16384)
def meet(one: str, other: str) -> bool:
    """Whether there is a text that both patterns stand for."""
    reached = {0}
    one, other = _tidy(one), _tidy(other)
    reached = _skip(one, reached)
    for character in other:
        if character == "*":
            reached = set(range(min(reached), len(one) + 1)) if reached else reached
        else:
            reached = _skip(one, set(_step(one, reached, character)))
    return len(one) in reached


def _step(pattern: str, places: Iterable[int], character: str) -> Iterable[int]:
    """Where a pattern may be after one more character."""
    for place in places:
        if place < len(pattern) and pattern[place] == "*":
            yield place
        elif place < len(pattern) and (character == "?" or pattern[place] in ("?", character)):
            yield place + 1


def _skip(pattern: str, places: set[int]) -> set[int]:
    """The same places, and those behind a ``*`` that stands for nothing."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            found.add(place)
    return found


def _tidy(pattern: str) -> str:
    """The same pattern with each run of wildcards in one order: ``*?*`` is ``?*``."""
    return _RUN.sub(lambda run: "?" * run[0].count("?") + "*" * ("*" in run[0]), pattern)


@lru_cache(maxsize=4096)
def _over(pattern: str) -> re.Pattern[str]:
    """What patterns a pattern covers, as an expression over them as texts: no ``?`` covers a ``*``."""
    parts = (".*" if one == "*" else r"[^*]" if one == "?" else re.escape(one) for one in pattern)
    return re.compile("".join(parts), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """What one element of a policy stands for.

    Attributes:
        patterns: Its patterns.
        all_but: It stands for everything but those: ``NotAction``.
    """

    patterns: tuple[str, ...]
    all_but: bool = False

    def covers(self, other: "Span") -> bool:
        """Whether all that the other stands for is in this one."""
        if self.all_but and other.all_but:
            return all(any(covers(theirs, ours) for theirs in other.patterns) for ours in self.patterns)
        if self.all_but:
            return not any(meet(ours, theirs) for ours in self.patterns for theirs in other.patterns)
        if other.all_but:
            return any(covers(one, "*") for one in self.patterns)
        return all(any(covers(ours, theirs) for ours in self.patterns) for theirs in other.patterns)

    def each(self) -> list["Span"]:
        """Its patterns one by one; itself, where it is all but some."""
        return [self] if self.all_but else [Span((one,)) for one in self.patterns]
