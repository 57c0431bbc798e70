"""Moments, as AWS gives them. Pure."""

from datetime import datetime


def seconds(moment: object) -> float:
    """A moment in seconds since 1970: the SDK gives datetimes, an event gives text."""
    if isinstance(moment, datetime):
        return moment.timestamp()
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).timestamp()
    return float(moment) if isinstance(moment, int | float) else 0.0
