"""A message through the real path: the stage's alerts machine is started, and its end is waited for."""

import json
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from batchwright_runner.contract.names import alerts_machine
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.stage.session import Stage

PAUSE_SECONDS, LONGEST_SECONDS = 1.0, 300.0
"""Between two looks at the execution, and for how long they go on: a channel that does not answer is tried again."""
MISSING = ("StateMachineDoesNotExist", "StateMachineDeleting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How it ended.

    Attributes:
        execution: ARN of the execution.
        told: Whether every channel took the message.
        untold: What went wrong, one text for each channel that did not.
    """

    execution: str
    told: bool
    untold: tuple[str, ...] = ()


def try_alerts(stage: Stage) -> Trial:
    """Sends a message, and waits until each channel has taken it or not.

    Args:
        stage: The stage.

    Raises:
        UsageError: The stage has no alerts.
        RunnerError: It could not be sent, or whether it arrived cannot be seen.
    """
    call = partial(_call, stage)
    caller = call("the account cannot be seen", "sts", "get_caller_identity")
    place = str(caller["Arn"]).split(":")
    machine = (
        f"arn:{place[1]}:states:{stage.region}:{caller['Account']}:stateMachine:"
        f"{alerts_machine(stage.target.project, stage.target.stage)}"
    )
    given = json.dumps({"test": {"by": str(caller["Arn"]).rpartition("/")[2]}})
    # With a name of its own a start that is tried again sends no second message.
    request = {"stateMachineArn": machine, "name": f"test-{uuid.uuid4().hex}", "input": given}
    started = call("no message was sent", "stepfunctions", "start_execution", **request)
    arn = str(started["executionArn"])
    waited = 0.0
    while waited < LONGEST_SECONDS:
        found = call("whether it arrived cannot be seen", "stepfunctions", "describe_execution", executionArn=arn)
        if found["status"] != "RUNNING":
            return _trial(arn, found)
        stage.waiter.wait(PAUSE_SECONDS)
        waited += PAUSE_SECONDS
    raise RunnerError(
        f"whether it arrived cannot be seen: the execution {arn} still runs",
        hint="Look at the execution in the console of Step Functions",
    )


def _trial(arn: str, found: dict[str, Any]) -> Trial:
    if found["status"] == "SUCCEEDED":
        return Trial(execution=arn, told=True)
    said = str(found.get("cause") or found.get("error") or found["status"])
    return Trial(execution=arn, told=False, untold=tuple(said.split("; ")))


def _call(stage: Stage, what: str, service: str, operation: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    try:
        return dict(
            patiently(lambda: stage.aws.call(service, operation, **request), what, stage.waiter, hint=OPERATE_HINT)
        )
    except ApiError as error:
        if error.code in MISSING:
            name = stage.target.stage
            machine = alerts_machine(stage.target.project, name)
            stack = f"{stage.target.project}-{name}-alerts"
            raise UsageError(
                f"stage {name} has no alerts: there is no machine {machine}",
                hint=f"Add alerts to context.stages.{name} of cdk.json, and deploy {stack}",
            ) from error
        raise RunnerError(f"{what}: {error}") from error
