"""Pauses in a stage: reads, writes and ends them."""

import time
from collections.abc import Callable, Mapping

from batchwright_runner.contract.names import paused_path, stage_path
from batchwright_runner.contract.pauses import Pause, utc
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import last_part, parameters_below
from batchwright_runner.host.aws.retry import OPERATE_HINT, PatientAws, patiently
from batchwright_runner.host.stage.paused import read_pause
from batchwright_runner.host.stage.session import Stage


def pauses(stage: Stage, *, wall: Callable[[], float] = time.time) -> Mapping[str, Pause]:
    """The pauses of a stage that hold: batch to pause. Empty, and said, where the caller may not see them.

    Args:
        stage: The stage.
        wall: Seconds since 1970.

    Raises:
        RunnerError: They cannot be read.
    """
    try:
        found = pause_records(stage)
    except DeniedError as error:
        stage.tell.note(str(error))
        return {}
    return {name: pause for name, pause in found.items() if pause.holds(wall())}


def pause_records(stage: Stage) -> Mapping[str, Pause]:
    """All records of pauses of a stage, also of those that have ended by themselves: batch to pause.

    Raises:
        DeniedError: The caller may not see them.
        RunnerError: They cannot be read.
    """
    what = "which batches are paused cannot be seen"
    folder = f"{stage_path(stage.target.project, stage.target.stage)}/paused"
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell)
    try:
        return {last_part(one): Pause.from_text(str(one["Value"])) for one in parameters_below(aws, folder)}
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error


def pause_of(stage: Stage, name: str) -> Pause | None:
    """The record of a batch's pause, whether or not it has ended by itself; none without one.

    Raises:
        RunnerError: It cannot be read.
    """
    return read_pause(stage.aws, _path(stage, name), f"the pause of {name} cannot be read", stage.waiter, OPERATE_HINT)


def put_pause(stage: Stage, name: str, reason: str, until: float | None, now: float) -> Pause:
    """Pauses a batch, in the place of a pause that there is.

    Args:
        stage: The stage.
        name: The batch.
        reason: Why.
        until: When it ends by itself, in seconds since 1970; none for never.
        now: Now, in seconds since 1970.

    Raises:
        UsageError: The reason is too long for its record.
        RunnerError: It was not paused.
    """
    what = f"{name} was not paused"
    try:
        caller = patiently(lambda: stage.aws.call("sts", "get_caller_identity"), what, stage.waiter, hint=OPERATE_HINT)
        pause = Pause(reason=reason, by=str(caller["Arn"]), since=utc(now), until="" if until is None else utc(until))
        if not pause.fits:
            raise UsageError(f"{what}: the reason is too long for its record in SSM", hint="Shorten it")
        request = {"Name": _path(stage, name), "Value": pause.to_json(), "Type": "String", "Overwrite": True}
        patiently(lambda: stage.aws.call("ssm", "put_parameter", **request), what, stage.waiter, hint=OPERATE_HINT)
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    return pause


def end_pause(stage: Stage, name: str) -> None:
    """Ends a pause. One that somebody else ended meanwhile is ended too.

    Raises:
        RunnerError: It was not ended.
    """
    what, path = f"the pause of {name} was not ended", _path(stage, name)
    try:
        patiently(lambda: stage.aws.call("ssm", "delete_parameter", Name=path), what, stage.waiter, hint=OPERATE_HINT)
    except ApiError as error:
        if error.code != "ParameterNotFound":
            raise RunnerError(f"{what}: {error}") from error


def _path(stage: Stage, name: str) -> str:
    return paused_path(stage.target.project, stage.target.stage, name)
