"""What a stop does to a task."""

import json

import pytest

from tests.fake_aws import (
    Script,
    Term,
    lines,
)
from tests.fake_aws.account import MANIFEST, STARTED, Account, code_of


@pytest.mark.parametrize(
    ("term", "after", "exit_code"),
    [
        (Term(), 0.5, 143),
        (Term(exit_code=0, after=3), 3.5, 0),
        (Term(exit_code=0, after=30), 10.5, 137),
        (Term(ignore=True), 10.5, 137),
    ],
)
def test_a_stopped_container_answers_sigterm(aws: Account, term: Term, after: float, exit_code: int) -> None:
    aws.deploy(Script(runs=100, term=term, stop_timeout=10))
    task = aws.run()
    aws.clock.advance(5)

    stopped = aws.ecs.stop_task(cluster=MANIFEST.cluster, task=task["taskArn"], reason="enough")["task"]
    assert (stopped["desiredStatus"], stopped["lastStatus"]) == ("STOPPED", "STOPPING")
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "enough")

    aws.clock.advance(after - 0.45)
    assert "exitCode" not in aws.describe(task)["containers"][0]
    aws.clock.advance(0.1)
    assert aws.describe(task)["containers"][0]["exitCode"] == exit_code


def test_a_container_that_ignores_sigterm_may_end_by_itself(aws: Account) -> None:
    aws.deploy(Script(lines=lines("a", "b", every=2), term=Term(ignore=True), exit_code=5))
    task = aws.run()
    aws.clock.advance(STARTED + 1)

    aws.ecs.stop_task(cluster=MANIFEST.cluster, task=task["taskArn"])
    aws.clock.advance(10)

    assert aws.describe(task)["containers"][0]["exitCode"] == 5
    assert aws.read(task) == ["a", "b"]


def test_a_stop_after_the_end_changes_nothing(aws: Account) -> None:
    aws.deploy(Script(exit_code=4, deprovisioning=30))
    task = aws.run()
    aws.clock.advance(2)

    aws.ecs.stop_task(cluster=MANIFEST.cluster, task=task["taskArn"])
    aws.clock.advance(60)

    shown = aws.describe(task)
    assert shown["stopCode"] == "EssentialContainerExited"
    assert shown["containers"][0]["exitCode"] == 4


def test_a_stop_of_a_task_that_nobody_knows(aws: Account) -> None:
    assert code_of(aws.ecs.stop_task, cluster=MANIFEST.cluster, task="nobody") == "InvalidParameterException"


def test_a_second_stop_changes_nothing(aws: Account) -> None:
    aws.deploy(Script(runs=100, term=Term(exit_code=9, after=5)))
    task = aws.run()
    aws.clock.advance(2)

    for reason in ("first", "second"):
        aws.ecs.stop_task(cluster=MANIFEST.cluster, task=task["taskArn"], reason=reason)
        aws.clock.advance(3)

    shown = aws.describe(task)
    assert shown["stoppedReason"] == "first"
    assert shown["containers"][0]["exitCode"] == 9


def test_who_stopped_a_task_is_known(aws: Account) -> None:
    aws.deploy(Script(runs=100))
    by_key, by_hand, untouched = (aws.run(startedBy=name) for name in ("key", "hand", "nobody"))

    aws.ecs.stop_task(cluster=MANIFEST.cluster, task=by_key["taskArn"])
    aws.server.stop_task(aws.server.tasks[1])
    aws.server.stop_task(aws.server.tasks[0])

    assert [task.stopper for task in aws.server.tasks] == ["AKIATEST", "somebody", ""]
    assert [task.arn for task in aws.server.tasks] == [one["taskArn"] for one in (by_key, by_hand, untouched)]


def test_a_deadline_that_stops_a_task_is_the_schedulers(aws: Account) -> None:
    aws.deploy(Script(runs=100))
    task = aws.run()
    request = {"Cluster": MANIFEST.cluster, "Task": task["taskArn"], "Reason": "late"}
    aws.scheduler.create_schedule(
        Name="one",
        GroupName="batches-staging",
        ScheduleExpression="at(2027-01-15T09:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:ecs:stopTask",
            "RoleArn": "arn:aws:iam::111111111111:role/deadline",
            "Input": json.dumps(request),
        },
    )

    aws.server.fire_schedules()

    assert aws.server.tasks[0].stopper == "scheduler"
