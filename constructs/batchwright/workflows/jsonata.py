"""Texts of JSONata expressions, as Step Functions takes them. Pure.

Step Functions user guide, "Transforming data with JSONata in Step Functions" (2026-11): an expression stands between
``{%`` and ``%}``, and one that is undefined fails its state. A line break in it is refused by the validator.
"""

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from batchwright_runner.contract.schedules.zones import zone_of

NOW = "$toMillis($states.context.State.EnteredTime)"
"""When the state was entered, in milliseconds since 1970."""

MILLISECONDS = "function($at) { $type($at) = 'string' ? $toMillis($at) : $at < 100000000000 ? $at * 1000 : $at }"
"""A moment in milliseconds: calls through the SDK give text, ``.sync`` gives a number, of seconds or milliseconds."""

_ESCAPE = r'/\u005c(?:["\u005c\/bfnrt]|u[0-9a-fA-F]{4})/'
_TEXT = r'/"[^"\u005c\u0000-\u001f]*"/'
_NUMBER = r"/-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/"
_SPACE = r"/[ \t\r\n]+/"
_FLAT = r'/\{(?:"":(?:""|0)(?:,"":(?:""|0))*)?\}|\[(?:(?:""|0)(?:,(?:""|0))*)?\]/'
"""The parts of JSON, as regular expressions. JSONata takes a bracket behind a backslash for an escaped one, so that a
backslash is written by its number."""
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = "(?:0[1-9]|1[0-9]|2[0-8])"
_DATE = f"(?:[0-9]{{4}}-(?:(?:0[1-9]|1[0-2])-{_DAY}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|{_LEAP}-02-29)"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
END = r"(?![\s\S])"
"""The end of a text in a regular expression. ``$`` is also before a line break at the end, in Java and in Python."""
_OFFSET = "(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
_MOMENT = f"/^(?!0000){_DATE}T{_CLOCK}(?::[0-5][0-9](?:[.][0-9]{{1,9}})?)?{_OFFSET}{END}/"
_WEEK, _FIRST, _LAST = 7 * 86_400, 1_577_836_800, 2_145_916_800
"""Seconds: a week, and those until 2020 and 2038. Each change of a clock is text in every machine of that zone."""
_DEEPEST = 12
"""How deep objects and lists may be in one another; in a task they are six deep."""


def expression(text: str) -> str:
    """An expression as the value of a field."""
    return "{% " + " ".join(text.split()) + " %}"


def literal(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A constant in an expression. JSON is JSONata; its texts hold no character that ends the expression."""
    return json.dumps(value, ensure_ascii=True).replace("%}", "%\\u007d")


def block(*statements: str) -> str:
    """Statements, the last of which is the value."""
    return f"( {'; '.join(statements)} )"


def either(choices: Sequence[tuple[str, str]], otherwise: str) -> str:
    """The value of the first condition that holds."""
    return " ".join([*(f"{condition} ? {value} :" for condition, value in choices), otherwise])


def among(path: str, values: Iterable[str | int]) -> str:
    """Whether a path's value is one of some, in a filter.

    A list there would make the expression deeper with each item that is filtered, in the engine for Python and Java.
    """
    return f"({' or '.join(f'{path} = {literal(value)}' for value in values) or 'false'})"


def parsed(text: str, otherwise: str) -> str:
    """The object that a text is as JSON, or another value where it is none.

    ``$parse`` would fail the state, and of most states nothing catches that. So it is tried first whether the text is
    JSON: escapes, texts and numbers are made alike, and then what is flat becomes a number, until that is all there is.

    `otherwise`: the value for any other text; ``$text`` is the text.
    """
    alike = "$text"
    for pattern, by in ((_ESCAPE, "_"), (_TEXT, '""'), (_NUMBER, "0"), (_SPACE, "")):
        alike = f"$replace({alike}, {pattern}, '{by}')"
    flatter = f"function($left, $pass) {{ $replace($left, {_FLAT}, '0') }}"
    whole = f"$substring($trim($text), 0, 1) = '{{' and $reduce([1..{_DEEPEST}], {flatter}, {alike}) = '0'"
    return block(f"$text := {text}", f"{whole} ? $parse($text) : {otherwise}")


def moment(text: str, otherwise: str) -> str:
    """A moment of ISO 8601 with an offset in milliseconds; another value where ``$toMillis`` would fail the state."""
    return f"($contains({text}, {_MOMENT}) ? {_milliseconds(text)} : {otherwise})"


def _milliseconds(text: str) -> str:
    """A moment in milliseconds: in the one form that every engine reads, to the second."""
    for part, by in ((r"/[.][0-9]+/", ""), (r"/^(.{16})([^:])/", "$1:00$2"), (r"/([0-9]{2})([0-9]{2})$/", "$1:$2")):
        text = f"$replace({text}, {part}, '{by}')"
    return f"$toMillis({text})"


def day(text: str, zone: str) -> str:
    """The day of a moment of ISO 8601 in a time zone, ``2026-11-25``; an empty text where it is none.

    JSONata knows no names of zones: it gets the offsets, until the year in which the database's own tables end.

    `zone`: the zone; empty for the offset that the moment says.
    """
    if not zone:
        return f"$substring({text}, 0, 10)"
    ahead = ", ".join(f"$at >= {at} ? {change} : 0" for at, change in _changes(zone))
    local = block(f"$at := {_milliseconds(text)}", f"$substring($fromMillis($at + $sum([{ahead}])), 0, 10)")
    return f"($contains({text}, {_MOMENT}) ? {local} : '')"


@cache
def _changes(zone: str) -> tuple[tuple[int, int], ...]:
    """When, and by how much, a zone's time goes ahead of UTC, in milliseconds: changes from 2020 to 2037."""
    there = zone_of(zone)

    def ahead(at: int) -> int:
        offset = datetime.fromtimestamp(at, there).utcoffset() or timedelta()
        return round(offset.total_seconds())

    changes = [(0, before := ahead(_FIRST))]
    for week in range(_FIRST, _LAST, _WEEK):
        quarters = range(week, week + _WEEK + 1, 900)  # clocks change at a quarter of an hour
        if ahead(quarters[-1]) != before:
            at = quarters[bisect_left(quarters, True, key=lambda at: ahead(at) != before)]
            changes.append((at, ahead(at) - before))
            before = ahead(at)
    return tuple((at * 1000, change * 1000) for at, change in changes)


def or_else(path: str, otherwise: str = "''") -> str:
    """A path's value, or another where it leads to nothing."""
    return f"($exists({path}) ? {path} : {otherwise})"
