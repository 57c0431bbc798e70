"""Moments as people write them: how long ago, or in how long, or a date, with or without a time. Pure."""

from datetime import datetime

from batchwright_runner.contract.duration import parse_duration


def parse_moment(text: str, now: float) -> float:
    """Reads a moment: ``2h`` ago, ``2026-11-24``, ``2026-11-24T10:30``, ``2026-11-24T10:30:00+09:00``.

    Args:
        text: The moment. Without an offset it is in this machine's time zone.
        now: Now, in seconds since 1970.

    Returns:
        Seconds since 1970.

    Raises:
        ValueError: It is of neither form.
    """
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    forms = "how long ago (90s, 30m, 2h, 7d) nor a date or time (2026-11-24, 2026-11-24T10:30)"
    return _date(text, forms)


def parse_future(text: str, now: float) -> float:
    """Reads a moment to come: in ``2h``, ``2026-11-26``, ``2026-11-26T09:00``, ``2026-11-26T09:00:00+09:00``.

    Args:
        text: The moment. Without an offset it is in this machine's time zone.
        now: Now, in seconds since 1970.

    Returns:
        Seconds since 1970.

    Raises:
        ValueError: It is of neither form, or is over.
    """
    try:
        return now + parse_duration(text)
    except ValueError:
        pass
    at = _date(text, "in how long (90s, 30m, 2h, 7d) nor a date or time (2026-11-26, 2026-11-26T09:00)")
    if at <= now:
        raise ValueError(f"{text!r} is in the past: write a time to come")
    return at


def _date(text: str, forms: str) -> float:
    try:
        return datetime.fromisoformat(text.strip()).timestamp()  # in a gap of the clocks, as much later as they go on
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is neither {forms}") from error
