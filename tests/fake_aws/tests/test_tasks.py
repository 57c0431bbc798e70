"""A task's life as DescribeTasks shows it."""

import pytest

from tests.fake_aws import (
    AwsServer,
    Interruption,
    Line,
    Script,
    Sidecar,
    Term,
    lines,
)
from tests.fake_aws.account import MANIFEST, REQUEST, Account, Clock


def test_a_task_goes_through_all_its_states(aws: Account) -> None:
    aws.deploy(Script(provisioning=10, pending=5, pull=20, runs=60, report=2, deprovisioning=15, exit_code=3))
    task = aws.run()

    seen = []
    for _ in range(120):
        shown = aws.describe(task)
        state = (shown["lastStatus"], shown["desiredStatus"], shown["containers"][0].get("exitCode"))
        if state not in seen:
            seen.append(state)
        aws.clock.advance(1)

    assert seen == [
        ("PROVISIONING", "RUNNING", None),
        ("PENDING", "RUNNING", None),
        ("RUNNING", "RUNNING", None),
        ("DEPROVISIONING", "STOPPED", 3),
        ("STOPPED", "STOPPED", 3),
    ]
    since = {name: (shown[name] - shown["createdAt"]).total_seconds() for name in shown if name.endswith("At")}
    assert since == {
        "createdAt": 0,
        "connectivityAt": 10,
        "pullStartedAt": 15,
        "pullStoppedAt": 35,
        "startedAt": 35,
        "executionStoppedAt": 95,
        "stoppingAt": 97,
        "stoppedAt": 112,
    }
    assert shown["stopCode"] == "EssentialContainerExited"
    assert shown["containers"][0]["imageDigest"] == Script().image_digest


def test_the_request_is_seen_in_the_task(aws: Account) -> None:
    overrides = {"cpu": "1024", "memory": "2048", "containerOverrides": [{"name": "main", "command": ["ls"]}]}
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    request = {**REQUEST, "overrides": overrides, "capacityProviderStrategy": strategy}
    del request["launchType"]

    task = aws.ecs.run_task(**request)["tasks"][0]

    assert task["startedBy"] == "run/1"
    assert task["tags"] == REQUEST["tags"]
    assert task["overrides"]["containerOverrides"] == overrides["containerOverrides"]
    assert (task["cpu"], task["memory"]) == ("1024", "2048")
    assert task["capacityProviderName"] == "FARGATE_SPOT"


def test_speed_shortens_every_time() -> None:
    clock = Clock()
    with AwsServer(clock=clock, speed=10) as server:
        account = Account(server, clock)
        account.deploy(Script(provisioning=5, pending=0, pull=5, lines=(Line(10, "a"), Line(1000, "b"))))
        account.run()
        account.close()
        times = server.tasks[0].times

    assert times.started - times.created == pytest.approx(1)
    assert times.ended - times.started == pytest.approx(100, abs=0.1)


def test_a_container_that_hangs_is_freed_by_a_stop(aws: Account) -> None:
    aws.deploy(Script(hangs=True, stop_timeout=2))
    task = aws.run()
    aws.clock.advance(1000)
    assert aws.describe(task)["lastStatus"] == "RUNNING"

    aws.ecs.stop_task(cluster=MANIFEST.cluster, task=task["taskArn"])
    aws.clock.advance(3)

    shown = aws.describe(task)
    assert shown["lastStatus"] == "STOPPED"
    assert "exitCode" not in shown["containers"][0]


def test_an_interruption_after_the_end_does_not_count(aws: Account) -> None:
    aws.deploy(Script(runs=1, interruption=Interruption(after=5), deprovisioning=60))
    task = aws.run()
    aws.clock.advance(10)

    assert aws.describe(task)["stopCode"] == "EssentialContainerExited"


def test_speed_shortens_an_interruption_and_a_sidecar_too() -> None:
    agent = Sidecar(name="agent", lines=lines("a", start=5), drain=7)
    script = Script(runs=100, interruption=Interruption(after=50), term=Term(after=20), sidecars=(agent,)).scaled(0.1)

    assert script.interruption
    assert script.interruption.after == 5
    assert script.term.after == 2
    assert script.sidecars[0].lines[0].at == 0.5
    assert script.sidecars[0].drain == pytest.approx(0.7)


def test_a_cleared_server_begins_with_the_first_script_again(aws: Account) -> None:
    aws.deploy(Script(exit_code=1), Script(exit_code=2))
    aws.run()
    aws.server.clear()
    assert (aws.server.tasks, aws.server.calls) == ([], [])

    task = aws.run()
    aws.clock.advance(5)
    assert aws.describe(task)["containers"][0]["exitCode"] == 1


def test_an_essential_sidecars_end_stops_the_main_container(aws: Account) -> None:
    agent = Sidecar(name="agent", ends=2, exit_code=1, essential=True)
    aws.deploy(Script(runs=100, term=Term(exit_code=0), sidecars=(agent,)))
    task = aws.run()
    aws.clock.advance(5)

    shown = aws.describe(task)
    assert (shown["lastStatus"], shown["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert [one["exitCode"] for one in shown["containers"]] == [0, 1]
