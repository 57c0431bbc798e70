"""A stage, a batch, and the events of its ends."""

from typing import Any

from batchwright_runner.contract.alerting.events import TaskEnded
from batchwright_runner.contract.alerting.known import KnownBatch
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.moments import moment, utc
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.variables import BACKFILL, RUN_ID, SCHEDULED_TIME
from batchwright_runner.contract.watch import Watch
from tests.kit.manifests import manifest_data

NOW = moment("2026-11-24T02:40:00Z") or 0.0
ACCOUNT, REGION = "111111111111", "eu-west-1"
PLACE = f"{REGION}:{ACCOUNT}"
TOPIC = f"arn:aws:sns:{PLACE}:batches-production-messages"
SETTINGS = AlertSettings(
    project="batches",
    stage="production",
    region=REGION,
    account=ACCOUNT,
    cluster="batches-production",
    table="batches-production-alerts",
    dead_letters=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/batches-production-events-dead-letters",
    topic=TOPIC,
    slack="#batches",
    token="batches/slack#token",
    owners={"finance": "#finance"},
)


def batch(name: str = "daily-report", **changes: object) -> BatchManifest:
    """The manifest of a batch of the stage."""
    family = f"arn:aws:ecs:{PLACE}:task-definition/batches-production-{name}:7"
    group = f"/batches/production/{name}"
    own = {"stage": "production", "region": REGION, "account": ACCOUNT, "cluster": "batches-production"}
    data = manifest_data(name, **own, task_definition=family, log_group=group, **changes)
    return BatchManifest.from_dict({**data, "image": {"name": name}})


def machine_of(name: str = "daily-report") -> str:
    """The ARN of a batch's machine."""
    return f"arn:aws:states:{PLACE}:stateMachine:batches-production-{name}"


def task(
    number: int = 1,
    code: int | None = 3,
    *,
    at: float = NOW,
    took: float = 60.0,
    run: str = "run-1",
    name: str = "daily-report",
    ours: bool = True,
    due: str = "",
    backfill: str = "",
    **changes: Any,  # noqa: ANN401 - any field
) -> dict[str, Any]:
    """A task that has stopped, as its event shows it."""
    variables = [{"name": RUN_ID, "value": run}] if ours else []
    optional = {SCHEDULED_TIME: due, BACKFILL: backfill}
    variables += [{"name": name, "value": text} for name, text in optional.items() if text]
    main: dict[str, Any] = {"name": "main", "lastStatus": "STOPPED"}
    return {
        "taskArn": f"arn:aws:ecs:{PLACE}:task/batches-production/{number:032x}",
        "taskDefinitionArn": f"arn:aws:ecs:{PLACE}:task-definition/batches-production-{name}:7",
        "clusterArn": f"arn:aws:ecs:{PLACE}:cluster/batches-production",
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "startedBy": run,
        "group": f"family:batches-production-{name}",
        "createdAt": utc(at - took),
        "startedAt": utc(at - took),
        "executionStoppedAt": utc(at),
        "stoppedAt": utc(at + 15),
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [main if code is None else {**main, "exitCode": code}],
        "overrides": {"containerOverrides": [{"name": "main", "environment": variables}]},
        **changes,
    }


def ended(number: int = 1, code: int | None = 3, **changes: Any) -> TaskEnded:  # noqa: ANN401 - any field
    """The end of a task."""
    shown = task(number, code, **changes)
    return TaskEnded(changes.get("name", "daily-report"), shown)


def known(
    manifest: Manifest | None = None,
    *others: dict[str, Any],
    watch: Watch | None = None,
    settings: AlertSettings = SETTINGS,
) -> KnownBatch:
    """What is known of a batch; further tasks are other attempts of the run."""
    of = batch() if manifest is None else manifest
    attempts = tuple(Attempt.of(of, other) for other in others if isinstance(of, BatchManifest))
    lines = ("Traceback", "ValueError: no rate")
    return KnownBatch(settings=settings, manifest=of, watch=watch or Watch(), lines=lines, attempts=attempts)
