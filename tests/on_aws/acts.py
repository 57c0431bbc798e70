"""What several parts of the walk do: run a batch, look at a task, follow an execution."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from tests.kit.command import Done
from tests.on_aws.trial import NotWithin, Trial

STAGE, CLUSTER, HISTORY = ("-s", "probe"), "trial-probe", "/trial/probe/platform/runs"
STARTED = 300.0
"""Seconds within which a task runs."""
ENDED = 900.0
"""Seconds within which an execution has ended."""
Json = Any
_numbers = count(1)


def batch(trial: Trial, name: str, *more: str, command: tuple[str, ...] = ()) -> tuple[Done, Json]:
    """Runs a batch: the command, and its result."""
    path = trial.folder / f"result-{next(_numbers)}.json"
    after = ("--", *command) if command else ()
    done = trial.run("batchwright", "run", name, *STAGE, "--result", str(path), *more, *after)
    return done, json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def dry(trial: Trial, name: str, *more: str) -> Json:
    """The request that would start a batch."""
    return json.loads(trial.run("batchwright", "run", name, *STAGE, "--dry-run", *more).out)


def task_of(trial: Trial, arn: str) -> Json:
    """A task, with its tags."""
    (task,) = trial.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[arn], include=["TAGS"])["tasks"]
    return task


def gone(trial: Trial, arn: str, seconds: float = STARTED) -> Json:
    """A task, once it has ended altogether."""
    trial.until(lambda: task_of(trial, arn)["lastStatus"] == "STOPPED", seconds, every=3)
    return task_of(trial, arn)


def run_of(trial: Trial, run_id: str, name: str) -> Json:
    """A run, as ``runs`` lists it; none where it does not."""
    listed = json.loads(trial.run("batchwright", "runs", name, *STAGE, "--json").out or "[]")
    return next((run for run in listed if run["run_id"] == run_id), None)


def machine_arn(trial: Trial, name: str) -> str:
    """The ARN of a state machine."""
    return f"arn:aws:states:{trial.region}:{trial.account}:stateMachine:{name}"


def start(trial: Trial, name: str, execution: str) -> str:
    """Starts a machine; the execution's ARN."""
    request = {"stateMachineArn": machine_arn(trial, name), "name": trial.named(execution), "input": "{}"}
    return str(trial.client("stepfunctions").start_execution(**request)["executionArn"])


def over(trial: Trial, arn: str, seconds: float = ENDED) -> Json:
    """An execution that has ended."""

    def look() -> Json:
        execution = trial.client("stepfunctions").describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    return trial.until(look, seconds, every=3)


def task_by(trial: Trial, execution: str, status: str = "RUNNING") -> Json:
    """The task that an execution has started, once it has this status: its group is the execution's name."""
    ecs, group = trial.client("ecs"), trial.named(execution)

    def look() -> Json:
        arns = ecs.list_tasks(cluster=CLUSTER, desiredStatus=status)["taskArns"]
        tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns, include=["TAGS"])["tasks"] if arns else []
        return next((task for task in tasks if task.get("group") == group and task["lastStatus"] == status), None)

    return trial.until(look, STARTED, every=2)


def events_of(trial: Trial, arn: str) -> Iterator[Json]:
    """What an execution's history says about its tasks: type, and the details."""
    for event in trial.all("stepfunctions", "get_execution_history", "events", executionArn=arn):
        details: Json = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
        yield event["type"], details


def logged(trial: Trial, group: str, pattern: str, seconds: float = 120) -> list[Json]:
    """The events of a log group that a filter pattern finds, waited for; none where there are none in time."""

    request = {"logGroupName": group, "filterPattern": pattern}
    try:
        return trial.until(lambda: trial.all("logs", "filter_log_events", "events", **request), seconds, every=5)
    except NotWithin:
        return []


def as_role(trial: Trial, name: str, service: str) -> Any:  # noqa: ANN401 - a client's methods are made at run time
    """A client that acts with a role."""
    arn = f"arn:aws:iam::{trial.account}:role/{name}"
    credentials = trial.client("sts").assume_role(RoleArn=arn, RoleSessionName="trial")["Credentials"]
    keys = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    own = {name: credentials[key] for name, key in zip(names, keys, strict=True)}
    return trial.session().client(service, region_name=trial.region, **own)


def refused(call: Callable[[], Json]) -> tuple[Json, str]:
    """The answer to a call; or why it was refused, or that none came in time."""
    try:
        return call(), ""
    except NotWithin as error:
        return None, str(error)
    except ClientError as error:
        return None, f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"
