"""Pauses in a stage: reads, writes and ends them."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.moments import moment, seconds, utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import Parameter, last_part, parameters_below
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.errors import DeniedError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.stage.manifests import is_batch_name
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.paused import read_pause
from batchwright_runner.host.stage.session import Stage


def pauses(stage: Stage) -> Mapping[str, Pause]:
    """The pauses of a stage that hold: batch to pause. Empty, with a note, where the caller may not see them."""
    try:
        found = pause_records(stage)
    except DeniedError as error:
        stage.tell.note(str(error))
        return {}
    return {name: pause for name, pause in found.items() if pause.holds(time.time())}


def pause_records(stage: Stage) -> Mapping[str, Pause]:
    """All records of pauses of a stage, also of those that have ended by themselves: batch to pause."""
    with patient(stage, "which batches are paused cannot be seen") as aws:
        parameters = parameters_below(aws.call, _path(stage, "").rstrip("/"))
        return {last_part(parameter): _read(parameter) for parameter in parameters}


def pause_of(stage: Stage, name: str) -> Pause | None:
    """The record of a batch's pause, whether or not it has ended by itself; none without one."""
    what = f"the pause of {name} cannot be read"
    return read_pause(stage.aws, _path(stage, name), what, stage.waiter, OPERATE_HINT)


def put_pause(stage: Stage, name: str, reason: str, until: float | None, now: float) -> Pause:
    """Pauses a batch, in the place of a pause that there is.

    `until`: when it ends by itself, in seconds since 1970; none for never.
    `now`: Now, in seconds since 1970.
    """
    what = f"{name} was not paused"
    by = str(stage.caller(what, OPERATE_HINT)["Arn"])
    pause = Pause(reason=reason, by=by, since=utc(now), until="" if until is None else utc(until))
    if not pause.fits:
        raise UsageError(f"{what}: the reason is too long for its record in SSM", hint="Shorten it")
    request = {"Name": _path(stage, name), "Value": pause.to_json(), "Type": "String", "Overwrite": True}
    patiently(lambda: stage.aws.call("ssm", "put_parameter", **request), what, stage.waiter, hint=OPERATE_HINT)
    return pause


def end_pause(stage: Stage, name: str) -> None:
    """Ends a pause. One that someone else ended meanwhile is ended too."""
    what, path = f"the pause of {name} was not ended", _path(stage, name)
    delete = partial(stage.aws.call, "ssm", "delete_parameter", Name=path)
    with suppress(ApiError):
        patiently(delete, what, stage.waiter, hint=OPERATE_HINT, but=("ParameterNotFound",))


def find_or_left(stage: Stage, batch: str) -> Manifest | None:
    """The batch or workflow of a name; none where a record alone is left of what was renamed or removed."""
    try:
        return stage.find(batch)
    except UsageError:
        if not is_batch_name(batch) or pause_of(stage, batch) is None:
            raise
        return None


def _read(parameter: Parameter) -> Pause:
    """A pause; one that does not say since when is as old as its record."""
    pause = Pause.from_text(str(parameter["Value"]))
    if moment(pause.since) is not None:
        return pause
    return replace(pause, since=utc(seconds(parameter["LastModifiedDate"])))


def _path(stage: Stage, name: str) -> str:
    """The parameter of a record in a stage; the folder for an empty name."""
    return StageNames.of(stage.target).paused(name)
