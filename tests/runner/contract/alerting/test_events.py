"""What reaches the alerts through their queue."""

import json
from typing import Any

import pytest

from batchwright_runner.contract.alerting.events import (
    Check,
    Decidable,
    EventError,
    ExecutionEnded,
    RepeatsCounted,
    TaskEnded,
    Tick,
    from_pending,
    read_event,
    to_pending,
)
from batchwright_runner.contract.alerting.settings import AlertSettings, SettingsError
from batchwright_runner.contract.executions import RUNNING
from batchwright_runner.contract.names import HANDED_TYPE, StageNames
from batchwright_runner.contract.tasks import execution_arn
from tests.runner.contract.alerting.support import NOW, SETTINGS, batch, machine_of, task

EXECUTION = execution_arn(machine_of(), "nightly")


def event(source: str, detail: object, **changes: str) -> dict[str, Any]:
    return {"source": source, "detail-type": "any", "detail": detail, **changes}


def handed(arn: object) -> dict[str, Any]:
    return event(StageNames("batches", "production").handed_source, {"execution": arn}, **{"detail-type": HANDED_TYPE})


def read(given: object) -> Decidable | Tick:
    return read_event(json.dumps(given), SETTINGS, NOW)


def test_each_kind_is_known_by_its_source() -> None:
    ended = read(event("aws.ecs", task()))
    detail = {"executionArn": EXECUTION, "status": "FAILED", "startDate": 1e12, "stopDate": 2e12, "redriveCount": 2}
    failed = read(event("aws.states", detail))
    hint = read(handed(EXECUTION))

    assert isinstance(ended, TaskEnded)
    assert ended.batch == "daily-report"
    assert isinstance(failed, ExecutionEnded)
    assert (failed.batch, failed.execution.stopped, failed.execution.redrives) == ("daily-report", 2e9, 2)
    assert isinstance(hint, ExecutionEnded)
    assert (hint.execution.status, hint.since) == (RUNNING, NOW)
    assert isinstance(read({"source": "aws.events"}), Tick)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        event("aws.ecs", None),
        event("aws.ecs", {}),
        event("aws.ecs", task(name="daily-report", lastStatus="RUNNING")),
        event("aws.ecs", {**task(), "taskDefinitionArn": "arn:aws:ecs:x:y:task-definition/others-production-a:1"}),
        event("aws.ecs", {**task(), "containers": "none"}),
        event("aws.states", {"executionArn": EXECUTION}),
        event("aws.states", {"executionArn": execution_arn("arn:a:b:c:d:stateMachine:x", "n"), "status": "FAILED"}),
        event("batchwright.batches.staging", {"execution": EXECUTION}),
        handed(None),
        handed("arn:aws:states:eu-west-1:222222222222:execution:batches-production-daily-report:nightly"),
        handed("arn:aws:states:eu-west-1:111111111111:execution:others-production-daily-report:nightly"),
    ],
)
def test_what_is_none_of_the_stage_is_refused(given: object) -> None:
    with pytest.raises(EventError):
        read(given)


def test_what_waits_is_read_back() -> None:
    ended, hint = read(event("aws.ecs", task())), read(handed(EXECUTION))
    for waits in (ended, hint, RepeatsCounted("daily-report", "Batchwright.Exit3"), Check("a", NOW, True, NOW + 60)):
        assert not isinstance(waits, Tick)
        assert from_pending(to_pending(waits)) == waits
        assert read(json.loads(to_pending(waits))) == waits  # a dead letter that is given again
    with pytest.raises(EventError):
        from_pending("[]")


def test_settings_are_read_back() -> None:
    assert AlertSettings.from_text(json.dumps({**json.loads(SETTINGS.to_json()), "new": 1})) == SETTINGS
    with pytest.raises(SettingsError):
        AlertSettings.from_text("{}")
    assert batch().owner == "platform-team"
