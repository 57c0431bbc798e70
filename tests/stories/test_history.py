"""The history of a stage: a run of days ago is found by its id."""

import json
import re
import time

from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import Seen, start_task, story, until_past

SHORT = Script(lines=lines("ready"), exit_code=3)


def days_ago(aws: AwsServer) -> None:
    """The end of a run three days ago, copied from one that has ended."""
    start_task(aws, startedBy="night")
    until_past(aws.tasks[0].times.stopped)
    aws.forget(tasks=True)
    group = sample_manifest().history_log_group
    (stream,) = aws.world.groups[group].values()
    text = stream.events(0, 1)[0].message
    arn = json.loads(text)["detail"]["taskArn"]
    copy = text.replace(arn, f"{arn.rpartition('/')[0]}/{7:032x}").replace('"night"', '"old-7"')
    aws.put_event(group, "copies", copy, at=time.time() - 3 * 86400)


@story(SHORT, args=["--run-id", "old-7"], prepare=days_ago)
def test_a_given_id_is_found_days_ago(seen: Seen) -> None:
    assert seen.code == 3
    assert "its result is from the history" in seen.err
    assert re.search(r"run daily-report@old-7 has ended, at \d{4}-\d\d-\d\d \d\d:\d\d UTC, and ECS", seen.err)
    assert re.search(r"\n +ended: \d{4}-\d\d-\d\d ", seen.err)
    assert "RunTask" not in seen.calls
