"""What a few verbs take as the value of an option: moments, and regular expressions."""

import re
import time

from batchwright_runner.commands.options import Parsed
from batchwright_runner.host.runs.moment import parse_future, parse_moment


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error


MOMENT = Parsed("moment", lambda text: parse_moment(text, time.time()))
"""``2h`` ago, ``2026-11-24``, ``2026-11-24T10:30``, in seconds since 1970."""
FUTURE = Parsed("time", lambda text: parse_future(text, time.time()))
"""In ``2h``, ``2026-11-26``, ``2026-11-26T09:00``, in seconds since 1970."""
REGEX = Parsed("regex", _regex)
"""A regular expression of Python."""
