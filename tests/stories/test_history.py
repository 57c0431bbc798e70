"""The history of a stage in which much has run, under a quota."""

import json
import re
import time

from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import Seen, start_task, story

SHORT = Script(lines=lines("ready"), exit_code=3)
MANY = 1500
"""Ends of runs: three pages."""


def long_history(aws: AwsServer) -> None:
    """Ends of many runs, copied from one that has ended."""
    start_task(aws, startedBy="night")
    time.sleep(max(0.0, aws.tasks[0].times.stopped - time.time()) + 0.3)
    aws.forget(tasks=True)
    group = sample_manifest().history_log_group
    (stream,) = aws.world.groups[group].values()
    text = stream.events(0, 1)[0].message
    arn = json.loads(text)["detail"]["taskArn"]
    for number in range(MANY):
        copy = text.replace(arn, f"{arn.rpartition('/')[0]}/{number:032x}").replace('"night"', f'"old-{number}"')
        aws.put_event(group, "copies", copy + " " * 600, at=time.time() - 3 * 86400 + number)


PAGES_AND_THROTTLES = [faults.throttled(2), faults.throttled(2, skip=1), faults.throttled(2, skip=1)]


@story(
    SHORT,
    command=["runs", "-s", "staging", "--json"],
    prepare=long_history,
    faults={"FilterLogEvents": PAGES_AND_THROTTLES},
)
def test_no_page_is_read_twice(seen: Seen) -> None:
    tokens = [call.body.get("nextToken") for call in seen.aws.calls_of("FilterLogEvents")]

    assert seen.code == 0
    assert len(json.loads(seen.out)) == MANY + 1
    assert len(set(tokens)) >= 3
    assert len(tokens) == len(set(tokens)) + 6


@story(SHORT, args=["--run-id", "new"], prepare=long_history, faults={"FilterLogEvents": [faults.throttled(4)]})
def test_a_given_id_starts_although_the_history_is_throttled(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["ready"])


@story(SHORT, args=["--run-id", "old-7"], prepare=long_history)
def test_a_given_id_is_found_days_ago(seen: Seen) -> None:
    assert seen.code == 3
    assert "its result is from the history" in seen.err
    assert re.search(r"run old-7 has ended, at \d{4}-\d\d-\d\d \d\d:\d\d UTC, and ECS", seen.err)
    assert re.search(r"\n +ended: \d{4}-\d\d-\d\d ", seen.err)
    assert "RunTask" not in seen.calls
