"""Time zones, by their names in the IANA database."""

import re
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from batchwright_runner.contract.schedules.cron import ScheduleError

UTC = "UTC"

_NAME = re.compile(r"(?!(?:posix|right)/)[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_OF_THIS_MACHINE = frozenset({"localtime", "Factory", "posixrules"})  # they are in some databases, and mean no place


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name."""
    check_zone(name)
    return ZoneInfo(name)


def check_zone(name: object) -> None:
    """Raises unless there is a time zone of that name."""
    allowed = "a name of the IANA database, such as Asia/Tokyo or UTC"
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _OF_THIS_MACHINE:
        raise ScheduleError(f"time zone {name!r} was given; allowed: {allowed}")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = sorted(available_timezones())
        if not known:
            raise ScheduleError(
                f"time zone {name!r} cannot be looked up: this machine has no database of time zones; "
                "install Debian's package tzdata, or 'pip install tzdata'"
            ) from error
        raise ScheduleError(f"time zone {name!r} is not known; allowed: {allowed}{_meant(name, known)}") from error


def _meant(name: str, known: list[str]) -> str:
    """Names of places that are near, by the whole name or its last part: not HST for JST, nor Etc/GMT+9 for GMT+9."""
    lower = {zone.lower(): zone for zone in known if "/" in zone and not zone.startswith("Etc/")}
    cities = [zone for zone in lower.values() if zone.lower().endswith("/" + name.lower())]
    near = cities or [lower[zone] for zone in get_close_matches(name.lower(), lower, n=2)]
    return f"; did you mean {' or '.join(near[:2])}?" if near else ""
