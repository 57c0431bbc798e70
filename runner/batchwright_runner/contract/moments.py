"""Moments: read as AWS and records give them, written as records keep them, and shown to people in one time zone."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTES, SECONDS, CLOCK = "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%H:%M:%S"
DATE, SHORT, DAY = "%Y-%m-%d", "%m-%d %H:%M", "%a %Y-%m-%d %H:%M"
"""How much of a moment is shown: ``SHORT`` in a table of the last days, ``DAY`` of what is to come."""
Moment = float | datetime | str
"""Seconds since 1970, as the SDK gives it, or ISO 8601."""
_FARTHEST = timedelta(hours=14)
"""How far a time zone is from UTC at most (IANA time zone database, 2026-11)."""


class _ShownZone:
    """The zone in which this process shows moments: it is one for all of them, as the machine's own would be."""

    ask: Callable[[], str] = staticmethod(str)
    zone: tzinfo | None = None


def show_in(ask: Callable[[], str]) -> None:
    """From now on, moments are shown in another time zone; in UTC where this machine knows none of its name."""
    _ShownZone.ask, _ShownZone.zone = ask, None


def zone() -> tzinfo:
    """The time zone in which moments are shown."""
    if _ShownZone.zone is None:
        try:
            _ShownZone.zone = ZoneInfo(_ShownZone.ask() or str(UTC))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            _ShownZone.zone = UTC
    return _ShownZone.zone


def shown(at: Moment, form: str = MINUTES) -> str:
    """A moment for people, with the name of its zone: ``2026-11-25 02:31 JST``. Any other text stays as it is."""
    try:
        return f"{cell(at, form)} {_name([at])}"
    except ValueError:
        return str(at)


def cell(at: Moment, form: str = MINUTES) -> str:
    """The same without the zone, for a table or a list that names it once."""
    return f"{_there(at):{form}}"


def head(label: str, moments: Iterable[Moment]) -> str:
    """The head of a table's column, with the zone of its moments where it has some: ``STARTED (JST)``."""
    all_moments = list(moments)
    return f"{label} ({_name(all_moments)})" if all_moments else label


def listed(moments: Iterable[Moment], form: str = MINUTES) -> str:
    """Moments with commas between them, and the name of their zone; empty for none."""
    all_moments = list(moments)
    return f"{', '.join(cell(at, form) for at in all_moments)} {_name(all_moments)}" if all_moments else ""


def iso(at: Moment, timespec: str = "seconds") -> str:
    """A moment for programs: ISO 8601 with the offset of the zone in which it is shown."""
    return _there(at).isoformat(timespec=timespec)


def utc(seconds: float) -> str:
    """A moment as records keep it: ISO 8601 in UTC, whole seconds.

    `seconds`: the moment, in seconds since 1970.
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(text: str) -> float | None:
    """A record's moment in seconds since 1970; none for one that is empty, has no offset, or cannot be read."""
    try:
        at = datetime.fromisoformat(text.replace("T24:", "T99:"))  # an hour that Python takes from 3.14 on
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None


def seconds(moment: object) -> float:
    """A moment in seconds since 1970: the SDK gives datetimes, an event gives text. Without a zone it is in ours."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone())).timestamp()
    return float(moment) if isinstance(moment, int | float) else 0.0


def in_every_zone(at: float | datetime) -> bool:
    """Whether a moment that a person gave has a date in every time zone; one without a zone is tried in UTC."""
    try:
        if not isinstance(at, datetime):
            at = datetime.fromtimestamp(at, UTC)
        there = at.astimezone(UTC) if at.tzinfo else at
        return there - _FARTHEST < there + _FARTHEST
    except (ValueError, OverflowError, OSError):
        return False


def answered_at(answer: Mapping[str, Any]) -> float | None:
    """When AWS answered, by its own clock, cut to the second; none where the answer has no date."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def _there(at: Moment) -> datetime:
    return datetime.fromtimestamp(seconds(at), zone())


def _name(moments: Iterable[Moment]) -> str:
    """What the zone is called at these moments, ``JST``; by its place where it has no such name, or several."""
    (name, *others) = {f"{_there(at):%Z}" for at in moments}
    return name if name.isalpha() and not others else str(zone())
