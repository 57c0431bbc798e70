"""What a few verbs take as the value of an option: moments, and regular expressions."""

import re
import time
from datetime import datetime

from batchwright_runner.commands.options import Parsed
from batchwright_runner.contract.duration import parse_duration
from batchwright_runner.contract.moments import in_every_zone, seconds, shown
from batchwright_runner.errors import UsageError

Given = float | datetime
"""A moment as it was given: seconds since 1970, or a date and time without an offset, which is in the project's zone.
That is known once a stage was asked: `seconds` and `to_come` read it then."""


def parse_moment(text: str, now: float) -> Given:
    """Reads a moment: ``2h`` ago, ``2026-11-24``, ``2026-11-24T10:30``, ``2026-11-24T10:30:00+09:00``.

    `now`: Now, in seconds since 1970.
    """
    return _read(text, now, -1, "how long ago (90s, 30m, 2h, 7d) nor a date or time (2026-11-24, 2026-11-24T10:30)")


def parse_future(text: str, now: float) -> Given:
    """Reads a moment to come: in ``2h``, ``2026-11-26``, ``2026-11-26T09:00``, ``2026-11-26T09:00:00+09:00``.

    `now`: Now, in seconds since 1970.
    """
    return _read(text, now, 1, "in how long (90s, 30m, 2h, 7d) nor a date or time (2026-11-26, 2026-11-26T09:00)")


def to_come(until: Given, now: float) -> float:
    """The moment of ``--until`` in seconds since 1970."""
    at = seconds(until)
    if at <= now:
        raise UsageError(f"--until cannot be used: {shown(at)} is in the past", hint="Write a time to come")
    return at


def _read(text: str, now: float, sign: int, forms: str) -> Given:
    at: Given
    try:
        at = now + sign * parse_duration(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(text.strip())
        except ValueError as error:
            raise ValueError(f"{text!r} is neither {forms}") from error
    if not in_every_zone(at):
        raise ValueError(f"{text!r} is beyond the calendar: write a nearer time")
    return at.timestamp() if isinstance(at, datetime) and at.tzinfo else at


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty text was given, as of a variable that is not set: leave the option out, or name one")
    return text


MOMENT = Parsed("moment", lambda text: parse_moment(text, time.time()))
"""``2h`` ago, ``2026-11-24``, ``2026-11-24T10:30``."""
FUTURE = Parsed("time", lambda text: parse_future(text, time.time()))
"""In ``2h``, ``2026-11-26``, ``2026-11-26T09:00``."""
NAME = Parsed("name", _name)
"""A name, of an option whose absence means something else."""
REGEX = Parsed("regex", _regex)
"""A regular expression of Python."""
