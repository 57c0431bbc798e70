"""CloudWatch Logs."""

import re
from typing import Any

from tests.aws_server.errors import AwsError
from tests.aws_server.filters import matcher
from tests.aws_server.streams import PAGE_BYTES, PAGE_EVENTS, Event, Stream
from tests.aws_server.world import World

TOKEN = re.compile(r"([fb])/(\d+)/([a-z]\d*)")


def get_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetLogEvents. ``_empty`` in the body (never sent by a client) asks for a page without events."""
    stream = world.stream(_group(body), body["logStreamName"])
    limit = _limit(body)
    now = world.clock()
    start, end = _page(stream, body, now, limit)
    sent = body.get("nextToken", "")
    if "_empty" in body:
        at = end if sent.startswith("b/") or not (sent or body.get("startFromHead")) else start
        return {
            "events": [],
            "nextForwardToken": _token("f", at, f"e{body['_empty']}"),
            "nextBackwardToken": _token("b", at, f"e{body['_empty']}"),
        }
    forward = sent if start == end and sent.startswith("f/") else _token("f", end)
    backward = sent if start == end and sent.startswith("b/") else _token("b", start)
    events = [event for event in stream.events(start, end) if _within(event, body)]
    return {"events": _render(events), "nextForwardToken": forward, "nextBackwardToken": backward}


def filter_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """FilterLogEvents: by time over all chosen streams."""
    group = _group(body)
    if group not in world.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    if body.get("logStreamNames") and body.get("logStreamNamePrefix"):
        text = "You can specify logStreamNames or logStreamNamePrefix, but not both."
        raise AwsError("InvalidParameterException", text)
    matches = matcher(body.get("filterPattern", ""))
    start = _position(body.get("nextToken", ""))
    limit = _limit(body)
    found = [row for row in _chosen(world, group, body) if _within(row[1], body) and matches(row[1].message)]
    found.sort(key=lambda row: row[1].timestamp)
    if "_empty" in body:
        return {"events": [], "searchedLogStreams": [], "nextToken": _token("f", start, f"e{body['_empty']}")}
    page: list[dict[str, Any]] = []
    size = 0
    for number, (name, event) in enumerate(found[start : start + limit], start):
        size += len(event.message.encode())
        if page and size > PAGE_BYTES:
            break
        page.append({"logStreamName": name, "eventId": f"{event.timestamp:020d}{number:036d}", **_event(event)})
    answer: dict[str, Any] = {"events": page, "searchedLogStreams": []}
    if start + len(page) < len(found):
        answer["nextToken"] = _token("f", start + len(page))
    return answer


def describe_log_streams(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeLogStreams, by name or by the last event."""
    group, now = _group(body), world.clock()
    if group not in world.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    prefix = body.get("logStreamNamePrefix", "")
    by_time = body.get("orderBy") == "LastEventTime"
    if prefix and by_time:
        raise AwsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = [
        _stream(world, group, stream, now)
        for stream in world.groups[group].values()
        if stream.exists_at <= now and stream.name.startswith(prefix)
    ]
    streams.sort(
        key=lambda shown: (shown.get("lastEventTimestamp", 0) if by_time else 0, shown["logStreamName"]),
        reverse=body.get("descending", False),
    )
    start, limit = _position(body.get("nextToken", "")), body.get("limit", 50)
    answer: dict[str, Any] = {"logStreams": streams[start : start + limit]}
    if start + limit < len(streams):
        answer["nextToken"] = _token("f", start + limit)
    return answer


def create_log_stream(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """CreateLogStream."""
    streams = world.groups.get(_group(body))
    if streams is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    name = body["logStreamName"]
    if name in streams:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
    streams[name] = Stream(name, world.clock(), [])
    return {}


def put_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutLogEvents."""
    world.stream(_group(body), body["logStreamName"])
    for event in body["logEvents"]:
        world.put_event(_group(body), body["logStreamName"], event["message"], at=event["timestamp"] / 1000)
    return {"nextSequenceToken": "1"}


def _group(body: dict[str, Any]) -> str:
    name: str = body.get("logGroupName") or body.get("logGroupIdentifier", "").rpartition("log-group:")[2]
    if not name:
        raise AwsError("InvalidParameterException", "Either logGroupName or logGroupIdentifier must be given.")
    return name


def _limit(body: dict[str, Any]) -> int:
    limit: int = body.get("limit", PAGE_EVENTS)
    if not 1 <= limit <= PAGE_EVENTS:
        text = f"Value '{limit}' at 'limit' failed to satisfy constraint: between 1 and {PAGE_EVENTS}"
        raise AwsError("InvalidParameterException", text)
    return limit


def _page(stream: Stream, body: dict[str, Any], now: float, limit: int) -> tuple[int, int]:
    sent = body.get("nextToken", "")
    if not sent and not body.get("startFromHead"):
        end = stream.count(now)
        return stream.page_start(end, limit), end
    if sent.startswith("b/"):
        end = _position(sent)
        return stream.page_start(end, limit), end
    if sent and not body.get("startFromHead"):
        raise AwsError("InvalidParameterException", "A nextForwardToken needs startFromHead to be true.")
    start = _position(sent)
    return start, stream.page_end(start, now, limit)


def _token(direction: str, position: int, mark: str = "s") -> str:
    return f"{direction}/{position:056d}/{mark}"


def _position(token: str) -> int:
    if not token:
        return 0
    found = TOKEN.fullmatch(token)
    if not found:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(found[2])


def _within(event: Event, body: dict[str, Any]) -> bool:
    after = bool(body.get("startTime", 0) <= event.timestamp)
    return after and ("endTime" not in body or bool(event.timestamp < body["endTime"]))


def _chosen(world: World, group: str, body: dict[str, Any]) -> list[tuple[str, Event]]:
    names, prefix, now = body.get("logStreamNames"), body.get("logStreamNamePrefix", ""), world.clock()
    return [
        (stream.name, event)
        for stream in world.groups[group].values()
        if stream.exists_at <= now and (stream.name in names if names else stream.name.startswith(prefix))
        for event in stream.events(0, stream.count(now))
    ]


def _stream(world: World, group: str, stream: Stream, now: float) -> dict[str, Any]:
    arn = world.arn("logs", f"log-group:{group}:log-stream:{stream.name}")
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": int(stream.exists_at * 1000),
        "arn": arn,
        "storedBytes": 0,
        "uploadSequenceToken": "1",
    }
    count = stream.count(now)
    if count:
        first, last = stream.events(0, 1)[0], stream.events(count - 1, count)[0]
        shown |= {
            "firstEventTimestamp": first.timestamp,
            "lastEventTimestamp": last.timestamp,
            "lastIngestionTime": last.ingestion,
        }
    return shown


def _event(event: Event) -> dict[str, Any]:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion}


def _render(events: list[Event]) -> list[dict[str, Any]]:
    return [_event(event) for event in events]
