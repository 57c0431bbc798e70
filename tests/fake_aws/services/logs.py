"""CloudWatch Logs: one stream is read page by page, many are searched."""

import re
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.filters import matcher
from tests.fake_aws.services.streams import PAGE_BYTES, PAGE_EVENTS, Event, Stream
from tests.fake_aws.world import World

TOKEN = re.compile(r"([fb])/(\d+)/([a-z]\d*)")


def get_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetLogEvents. ``_empty`` in the body (never sent by a client) asks for a page without events."""
    group, name = _group_of(body), body["logStreamName"]
    stream = world.stream(group, name)
    world.check_token(group, name, body.get("nextToken", ""))
    limit = _limit_of(body)
    now = world.clock()
    start, end = _page(stream, body, now, limit)
    sent = body.get("nextToken", "")
    if "_empty" in body:
        at = end if sent.startswith("b/") or not (sent or body.get("startFromHead")) else start
        return {
            "events": [],
            "nextForwardToken": _token_at("f", at, f"e{body['_empty']}"),
            "nextBackwardToken": _token_at("b", at, f"e{body['_empty']}"),
        }
    forward = sent if start == end and sent.startswith("f/") else _token_at("f", end)
    backward = sent if start == end and sent.startswith("b/") else _token_at("b", start)
    events = [event for event in stream.events(start, end) if _is_within(event, body)]
    return {
        "events": [_shown_event(event) for event in events],
        "nextForwardToken": world.give_token(group, name, forward),
        "nextBackwardToken": world.give_token(group, name, backward),
    }


def _page(stream: Stream, body: dict[str, Any], now: float, limit: int) -> tuple[int, int]:
    sent = body.get("nextToken", "")
    if not sent and not body.get("startFromHead"):
        end = stream.count(now)
        return stream.page_start(end, limit), end
    if sent.startswith("b/"):
        end = _position_of(sent)
        return stream.page_start(end, limit), end
    if sent and not body.get("startFromHead"):
        raise AwsError("InvalidParameterException", "A nextForwardToken needs startFromHead to be true.")
    start = _position_of(sent)
    return start, stream.page_end(start, now, limit)


def describe_log_groups(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeLogGroups by prefix."""
    names = sorted(name for name in world.groups if name.startswith(body["logGroupNamePrefix"]))
    return {
        "logGroups": [
            {"logGroupName": name, **({"retentionInDays": world.retention[name]} if name in world.retention else {})}
            for name in names
        ]
    }


def filter_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """FilterLogEvents: by time over all chosen streams."""
    group = _group_of(body)
    if group not in world.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    if body.get("logStreamNames") and body.get("logStreamNamePrefix"):
        text = "You can specify logStreamNames or logStreamNamePrefix, but not both."
        raise AwsError("InvalidParameterException", text)
    matches = matcher(body.get("filterPattern", ""))
    start = _position_of(body.get("nextToken", ""))
    limit = _limit_of(body)
    rows = [row for row in _chosen(world, group, body) if _is_within(row[1], body) and matches(row[1].message)]
    rows.sort(key=lambda row: row[1].timestamp)
    if "_empty" in body:
        return {"events": [], "searchedLogStreams": [], "nextToken": _token_at("f", start, f"e{body['_empty']}")}
    page: list[dict[str, Any]] = []
    size = 0
    for number, (name, event) in enumerate(rows[start : start + limit], start):
        size += len(event.message.encode())
        if page and size > PAGE_BYTES:
            break
        page.append({"logStreamName": name, "eventId": f"{event.timestamp:020d}{number:036d}", **_shown_event(event)})
    answer: dict[str, Any] = {"events": page, "searchedLogStreams": []}
    if start + len(page) < len(rows):
        answer["nextToken"] = _token_at("f", start + len(page))
    return answer


def _chosen(world: World, group: str, body: dict[str, Any]) -> list[tuple[str, Event]]:
    names, prefix, now = body.get("logStreamNames"), body.get("logStreamNamePrefix", ""), world.clock()
    return [
        (stream.name, event)
        for stream in world.groups[group].values()
        if stream.exists_at <= now and (stream.name in names if names else stream.name.startswith(prefix))
        for event in stream.events(0, stream.count(now))
    ]


def _group_of(body: dict[str, Any]) -> str:
    """The log group that a request names, by name or ARN."""
    name: str = body.get("logGroupName") or body.get("logGroupIdentifier", "").rpartition("log-group:")[2]
    if not name:
        raise AwsError("InvalidParameterException", "Either logGroupName or logGroupIdentifier must be given.")
    return name


def _limit_of(body: dict[str, Any]) -> int:
    """How many events a page may hold."""
    limit: int = body.get("limit", PAGE_EVENTS)
    if not 1 <= limit <= PAGE_EVENTS:
        text = f"Value '{limit}' at 'limit' failed to satisfy constraint: between 1 and {PAGE_EVENTS}"
        raise AwsError("InvalidParameterException", text)
    return limit


def _token_at(direction: str, position: int, mark: str = "s") -> str:
    """The token of a position, ``f`` for forward or ``b`` for backward."""
    return f"{direction}/{position:056d}/{mark}"


def _position_of(token: str) -> int:
    """The position that a token stands for; 0 without one."""
    if not token:
        return 0
    match = TOKEN.fullmatch(token)
    if not match:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(match[2])


def _is_within(event: Event, body: dict[str, Any]) -> bool:
    """Whether an event lies between ``startTime`` and ``endTime``."""
    after = bool(body.get("startTime", 0) <= event.timestamp)
    return after and ("endTime" not in body or bool(event.timestamp < body["endTime"]))


def _shown_event(event: Event) -> dict[str, Any]:
    """An event as answers show it."""
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion}
