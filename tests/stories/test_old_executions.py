"""Step Functions is asked of no execution whose task is known from the history, however many there were."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import aws as aws
from tests.kit.account import batchwright
from tests.stories import machine_runs
from tests.stories.machine_runs import KEPT, NAME, begin
from tests.stories.story import until_past

MANY = 60
EVERY = 1800.0
"""Seconds between two of the runs: some have ended in each part of the history that is read."""


def old_runs(aws: AwsServer) -> None:
    """Many runs of a machine, with their tasks: copies of one that has ended. ECS has forgotten them."""
    aws.deploy(KEPT, Script(lines=lines("ready"), exit_code=3))
    execution = begin(aws)
    until_past(aws.tasks[0].times.stopped)
    aws.world.settle()
    machine_runs.end(aws, execution, "FAILED", "Batchwright.Exit3")
    aws.forget(tasks=True)
    streams = aws.world.groups[KEPT.history_log_group].values()
    texts = [event.message for stream in streams for event in stream.events(0, 1)]
    for number in range(1, MANY + 1):
        at = time.time() - number * EVERY
        name = f"{number:08x}{NAME[8:]}"
        copy = begin(aws, task=False, name=name)
        copy.status, copy.error, copy.started, copy.stopped = "FAILED", "Batchwright.Exit3", at, at
        for text in texts:
            event = json.loads(text.replace(NAME, name))
            detail = event["detail"]
            if "taskArn" in detail:
                detail["taskArn"] = f"{detail['taskArn'].rpartition('/')[0]}/{number:032x}"
                moment = datetime.fromtimestamp(at, UTC).isoformat()
                detail |= {key: moment for key in detail if key.endswith(("At", "Since"))}
            else:
                detail |= {"startDate": int(at * 1000), "stopDate": int(at * 1000)}
            aws.put_event(KEPT.history_log_group, f"copies-{number}", json.dumps(event), at=at)


ASKED = {
    "runs --limit 20": (0, 0),
    "runs daily-report --limit 20": (0, 0),
    "runs": (0, 0),
    "describe daily-report": (0, 0),
    "logs daily-report@deadbeef": (2, 1),
    "logs daily-report@nobody/at-all": (2, 0),
}
"""A verb to its exit code, and to how many executions it may ask for."""


def test_no_old_execution_is_asked_for(aws: AwsServer, tmp_path: Path) -> None:
    old_runs(aws)

    for words, (code, most) in ASKED.items():
        before = len(aws.calls_of("DescribeExecution"))
        done = batchwright(aws, tmp_path, *words.split(), "-s", "staging")

        assert (done.code, len(aws.calls_of("DescribeExecution")) - before) == (code, most), (words, done.err)
        if "--limit" in words:
            assert len(done.text.splitlines()) == 21
