"""Moments, as AWS gives them."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any


def answered_at(answer: Mapping[str, Any]) -> float | None:
    """When AWS answered, by its own clock, cut to the second; none where the answer has no date."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None
