"""Moments as people write them: how long ago, or a date, with or without a time. Pure."""

from datetime import datetime

from batchwright_runner.runs.duration import parse_duration


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
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except (ValueError, OverflowError) as error:
        forms = "how long ago (90s, 30m, 2h, 7d) nor a date or time (2026-11-24, 2026-11-24T10:30)"
        raise ValueError(f"{text!r} is neither {forms}") from error
