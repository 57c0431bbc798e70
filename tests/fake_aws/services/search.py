"""CloudWatch Logs: events found over many streams, and the streams themselves."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.filters import matcher
from tests.fake_aws.services.log_requests import group_of, is_within, limit_of, position_of, shown_event, token_at
from tests.fake_aws.services.streams import PAGE_BYTES, Event
from tests.fake_aws.world import World


def filter_log_events(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """FilterLogEvents: by time over all chosen streams."""
    group = group_of(body)
    if group not in world.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    if body.get("logStreamNames") and body.get("logStreamNamePrefix"):
        text = "You can specify logStreamNames or logStreamNamePrefix, but not both."
        raise AwsError("InvalidParameterException", text)
    matches = matcher(body.get("filterPattern", ""))
    start = position_of(body.get("nextToken", ""))
    limit = limit_of(body)
    found = [row for row in _chosen(world, group, body) if is_within(row[1], body) and matches(row[1].message)]
    found.sort(key=lambda row: row[1].timestamp)
    if "_empty" in body:
        return {"events": [], "searchedLogStreams": [], "nextToken": token_at("f", start, f"e{body['_empty']}")}
    page: list[dict[str, Any]] = []
    size = 0
    for number, (name, event) in enumerate(found[start : start + limit], start):
        size += len(event.message.encode())
        if page and size > PAGE_BYTES:
            break
        page.append({"logStreamName": name, "eventId": f"{event.timestamp:020d}{number:036d}", **shown_event(event)})
    answer: dict[str, Any] = {"events": page, "searchedLogStreams": []}
    if start + len(page) < len(found):
        answer["nextToken"] = token_at("f", start + len(page))
    return answer


def _chosen(world: World, group: str, body: dict[str, Any]) -> list[tuple[str, Event]]:
    names, prefix, now = body.get("logStreamNames"), body.get("logStreamNamePrefix", ""), world.clock()
    return [
        (stream.name, event)
        for stream in world.groups[group].values()
        if stream.exists_at <= now and (stream.name in names if names else stream.name.startswith(prefix))
        for event in stream.events(0, stream.count(now))
    ]
