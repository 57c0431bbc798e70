"""Moments, as AWS gives them."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any


def seconds(moment: object) -> float:
    """A moment in seconds since 1970: the SDK gives datetimes, an event gives text."""
    if isinstance(moment, datetime):
        return moment.timestamp()
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).timestamp()
    return float(moment) if isinstance(moment, int | float) else 0.0


def answered_at(answer: Mapping[str, Any]) -> float | None:
    """When AWS answered, by its own clock, cut to the second; none where the answer has no date."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None
