"""What requests to CloudWatch Logs, and their answers, have in common."""

import re
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.streams import PAGE_EVENTS, Event

TOKEN = re.compile(r"([fb])/(\d+)/([a-z]\d*)")


def group_of(body: dict[str, Any]) -> str:
    """The log group that a request names, by name or ARN."""
    name: str = body.get("logGroupName") or body.get("logGroupIdentifier", "").rpartition("log-group:")[2]
    if not name:
        raise AwsError("InvalidParameterException", "Either logGroupName or logGroupIdentifier must be given.")
    return name


def limit_of(body: dict[str, Any]) -> int:
    """How many events a page may hold."""
    limit: int = body.get("limit", PAGE_EVENTS)
    if not 1 <= limit <= PAGE_EVENTS:
        text = f"Value '{limit}' at 'limit' failed to satisfy constraint: between 1 and {PAGE_EVENTS}"
        raise AwsError("InvalidParameterException", text)
    return limit


def token_at(direction: str, position: int, mark: str = "s") -> str:
    """The token of a position, ``f`` for forward or ``b`` for backward."""
    return f"{direction}/{position:056d}/{mark}"


def position_of(token: str) -> int:
    """The position that a token stands for; 0 without one."""
    if not token:
        return 0
    found = TOKEN.fullmatch(token)
    if not found:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(found[2])


def is_within(event: Event, body: dict[str, Any]) -> bool:
    """Whether an event lies between ``startTime`` and ``endTime``."""
    after = bool(body.get("startTime", 0) <= event.timestamp)
    return after and ("endTime" not in body or bool(event.timestamp < body["endTime"]))


def shown_event(event: Event) -> dict[str, Any]:
    """An event as answers show it."""
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion}
