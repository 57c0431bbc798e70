"""CloudWatch Logs: one stream is read page by page, or written."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.log_requests import group_of, is_within, limit_of, position_of, shown_event, token_at
from tests.fake_aws.services.streams import Stream
from tests.fake_aws.world import World


def get_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetLogEvents. ``_empty`` in the body (never sent by a client) asks for a page without events."""
    group, name = group_of(body), body["logStreamName"]
    stream = world.stream(group, name)
    world.check_token(group, name, body.get("nextToken", ""))
    limit = limit_of(body)
    now = world.clock()
    start, end = _page(stream, body, now, limit)
    sent = body.get("nextToken", "")
    if "_empty" in body:
        at = end if sent.startswith("b/") or not (sent or body.get("startFromHead")) else start
        return {
            "events": [],
            "nextForwardToken": token_at("f", at, f"e{body['_empty']}"),
            "nextBackwardToken": token_at("b", at, f"e{body['_empty']}"),
        }
    forward = sent if start == end and sent.startswith("f/") else token_at("f", end)
    backward = sent if start == end and sent.startswith("b/") else token_at("b", start)
    events = [event for event in stream.events(start, end) if is_within(event, body)]
    return {
        "events": [shown_event(event) for event in events],
        "nextForwardToken": world.give_token(group, name, forward),
        "nextBackwardToken": world.give_token(group, name, backward),
    }


def _page(stream: Stream, body: dict[str, Any], now: float, limit: int) -> tuple[int, int]:
    sent = body.get("nextToken", "")
    if not sent and not body.get("startFromHead"):
        end = stream.count(now)
        return stream.page_start(end, limit), end
    if sent.startswith("b/"):
        end = position_of(sent)
        return stream.page_start(end, limit), end
    if sent and not body.get("startFromHead"):
        raise AwsError("InvalidParameterException", "A nextForwardToken needs startFromHead to be true.")
    start = position_of(sent)
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
