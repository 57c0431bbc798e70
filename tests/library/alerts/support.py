"""What the tests of alerts share: a stage with all channels, and events as AWS documents them.

Amazon ECS developer guide, "Amazon ECS task state change events"; Step Functions user guide, "Step Functions execution
status change events" (both read 2026-11).
"""

from datetime import UTC, datetime
from typing import Any

from batchwright.alerts.facts import AlertsFacts, Datadog, Slack
from batchwright.alerts.machine import alerts_machine
from batchwright.arns import Place
from batchwright.names import StageNames
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import last_path, manifest_path, watch_path
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.alerts_account import AlertsAccount
from tests.kit.scripted_ecs import End

PLACE = Place("111111111111", "eu-west-1")
NAMES = StageNames("batches", "staging")
TOPIC = "arn:aws:sns:eu-west-1:111111111111:batches-staging-alerts"
FAMILY = "arn:aws:ecs:eu-west-1:111111111111:task-definition/batches-staging-daily-report:7"
TASK = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0123456789abcdef0123456789abcdef"
MACHINE = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-daily-report"
SLACK = Slack(channel="#batches", connection="arn:aws:events:eu-west-1:111111111111:connection/slack/1")
DATADOG = Datadog(site="datadoghq.eu", connection="arn:aws:events:eu-west-1:111111111111:connection/datadog/1")
LAST = last_path("batches", "staging", "daily-report")
WATCH = watch_path("batches", "staging", "daily-report")
MANIFEST = manifest_path("batches", "staging", "daily-report")
STEP_FUNCTIONS = "AWS Step Functions"


def facts(**changes: Any) -> AlertsFacts:  # noqa: ANN401 - any field
    given: dict[str, Any] = {
        "names": NAMES,
        "place": PLACE,
        "cluster": "batches-staging",
        "topic": TOPIC,
        "slack": SLACK,
        "datadog": DATADOG,
    }
    return AlertsFacts(**{**given, **changes})


def account(manifest: BatchManifest | None = None, **changes: Any) -> AlertsAccount:  # noqa: ANN401 - any field
    """An account with the sample batch."""
    ours = AlertsAccount(alerts_machine(facts(**changes)))
    ours.parameters[MANIFEST] = (manifest or sample_manifest()).to_json()
    return ours


def last_of(ours: AlertsAccount) -> Last:
    return Last.from_text(ours.parameters[LAST])


def lower(value: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON in the casing of an event."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lower(one) for key, one in value.items()}
    return [lower(one) for one in value] if isinstance(value, list) else value


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def task_event(
    end: End,
    *,
    at: float = 1_795_600_100.0,
    run: str = "9f1c",
    by: str = "",
    task: str = TASK,
    family: str = FAMILY,
    ours: bool = True,
) -> dict[str, Any]:
    """The event of a task that has stopped.

    Args:
        end: How.
        at: When.
        run: The run's id.
        by: ``startedBy``. Default: the run's id, as a runner has it.
        task: The task's ARN.
        family: The task definition's ARN.
        ours: Whether its overrides tell the container its run.
    """
    environment = [
        {"name": "BATCHWRIGHT_RUN_ID", "value": run},
        {"name": "BATCHWRIGHT_SCHEDULED_TIME", "value": ""},
    ]
    detail = lower(end.task(task))
    detail |= {
        "clusterArn": "arn:aws:ecs:eu-west-1:111111111111:cluster/batches-staging",
        "taskDefinitionArn": family,
        "desiredStatus": "STOPPED",
        "group": run if by == STEP_FUNCTIONS else f"family:{family.rpartition('/')[2].partition(':')[0]}",
        "startedBy": by or run,
        "createdAt": iso(at - end.takes),
        "stoppingAt": iso(at - 5),
        "stoppedAt": iso(at),
        "launchType": "FARGATE",
        "version": 6,
        "overrides": {
            "containerOverrides": [
                {"name": "router"},
                {"name": "main", "environment": environment if ours else []},
            ]
        },
    }
    if "startedAt" in detail:
        detail["startedAt"] = iso(at - end.takes + 20)
    return event("aws.ecs", "ECS Task State Change", detail, [task])


def execution_event(status: str, *, name: str = "9f1c", machine: str = MACHINE, took: float = 60.0) -> dict[str, Any]:
    """The event of an execution that has ended."""
    stop = 1_795_600_100_000
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    detail = {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": name,
        "status": status,
        "startDate": stop - int(took * 1000),
        "stopDate": stop,
        "input": "{}",
        "output": None,
    }
    return event("aws.states", "Step Functions Execution Status Change", detail, [arn])


def event(source: str, kind: str, detail: dict[str, Any], resources: list[str]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73e60175",
        "detail-type": kind,
        "source": source,
        "account": "111111111111",
        "time": "2026-11-25T09:48:20Z",
        "region": "eu-west-1",
        "resources": resources,
        "detail": detail,
    }
