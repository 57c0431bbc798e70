"""The five fields of a crontab: what they allow, read from text and written as text. Pure.

A field is read into the numbers that it allows, so that ``*/15`` and ``0,15,30,45`` are the same field, and is written
in one form. Weekdays are written by name, since crontab calls Sunday 0, and Quartz and EventBridge call it 1.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""From 1 to 7, as ISO 8601 counts them."""

MACROS: Mapping[str, str] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * SUN",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What crontab(5) of cronie and of Debian's cron allows in place of the five fields (2026-11)."""

_PART = re.compile(r"(\*|(?P<low>[0-9A-Za-z]+)(-(?P<high>[0-9A-Za-z]+))?)(/(?P<step>[0-9]{1,4}))?")


class ScheduleError(ValueError):
    """A schedule cannot be used. The message says what is wrong with it and what is allowed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five fields."""

    name: str
    # The smallest number that a crontab writes
    least: int
    # The largest number that a crontab writes
    most: int
    # Names of the numbers, from ``least`` on
    names: Sequence[str] = ()
    example: str = "0-4"
    # The numbers after which it starts again, so that a range may go past its end; 0 if none may
    around: int = 0

    @property
    def all(self) -> tuple[int, ...]:
        """The numbers that ``*`` allows."""
        return tuple(range(self.least, self.most + 1))

    def read(self, text: str) -> tuple[int, ...]:
        """The numbers that a field's text allows, sorted."""
        return tuple(sorted({number for part in text.split(",") for number in self._part(part)}))

    def _part(self, part: str) -> Sequence[int]:
        match = _PART.fullmatch(part)
        if match is None:
            raise self._wrong(part)
        low, high, step = match["low"], match["high"], int(match["step"] or 1)
        if step < 1:
            raise ScheduleError(f"{self.name}: {part!r} was given, with a step of 0; allowed: a step from 1")
        if low is None:
            return self.all[::step]
        first = self._number(low, part)
        if high is None:
            if match["step"]:
                meant = f"{low}-{self.all[-1]}/{step}"
                raise ScheduleError(f"{self.name}: {part!r} was given, a step without a range; did you mean {meant}?")
            return (first,)
        last = self._number(high, part)
        if first > last:
            last += self.around
        if first > last:
            raise ScheduleError(
                f"{self.name}: {part!r} was given, which goes backwards; "
                f"allowed: two ranges, {low}-{self.most},{self.least}-{high}"
            )
        return range(first, last + 1, step)

    def _number(self, text: str, part: str) -> int:
        if text.isdecimal() and self.least <= int(text) <= self.most:
            return int(text)
        if text.upper() in self.names:
            return self.least + self.names.index(text.upper())
        raise self._wrong(part)

    def _wrong(self, part: str) -> ScheduleError:
        names = f", {self.names[0]} to {self.names[-1]}" if self.names else ""
        meant = re.sub("[A-Za-z]+", lambda name: self._near(name[0].upper()), part)
        hint = f"; did you mean {meant}?" if meant != part.upper() and _PART.fullmatch(meant) else ""
        return ScheduleError(
            f"{self.name}: {part!r} was given; allowed: {self.least} to {self.most}{names}, *, ranges such as "
            f"{self.example}, steps such as */2, and lists of these{hint}"
        )

    def _near(self, name: str) -> str:
        turned = [candidate for candidate in self.names if sorted(candidate) == sorted(name)]
        return next(iter([*turned, *get_close_matches(name, self.names, n=1, cutoff=0.5)]), name)


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of the month", 1, 31, example="1-7")
MONTH = Field("month", 1, 12, MONTHS, example="JAN-MAR")
WEEKDAY = Field("weekday", 0, 7, ("SUN", *WEEKDAYS[:-1]), example="MON-FRI", around=7)
"""Sunday is 0 and 7. ``*`` counts from 0, so that ``*/2`` is Sunday, Tuesday, Thursday and Saturday. People write
``FRI-SUN``; cron itself wants ``FRI-7``."""

EVERY_WEEKDAY = tuple(range(1, 8))


def weekdays(text: str) -> tuple[int, ...]:
    """The weekdays that a field's text allows, from Monday as 1 to Sunday as 7, sorted."""
    return tuple(sorted({(number - 1) % 7 + 1 for number in WEEKDAY.read(text)}))


def write(numbers: Sequence[int], whole: Sequence[int]) -> str:
    """A field's one text: ``*``, a step over all, or a list of numbers and ranges."""
    if tuple(numbers) == tuple(whole):
        return "*"
    step = step_of(numbers, whole)
    return f"*/{step}" if step else listed(numbers)


def step_of(numbers: Sequence[int], whole: Sequence[int]) -> int:
    """The step from 2 with which numbers go through all of a field, from its first number to its end; 0 for none."""
    if len(numbers) < 3 or numbers[0] != whole[0]:
        return 0
    step = numbers[1] - numbers[0]
    return step if step > 1 and tuple(numbers) == tuple(whole[::step]) else 0


def listed(numbers: Sequence[int], text: Callable[[int], str] = str, dash: str = "-") -> str:
    """Numbers as a list, in which three or more that follow each other are a range."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts: list[str] = []
    for run in runs:
        parts += [text(run[0]) + dash + text(run[-1])] if len(run) > 2 else [text(number) for number in run]
    return ",".join(parts)
