"""Pauses in a stage: reads, writes and ends them, and refuses a start that one of them forbids."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.moments import moment, seconds, utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import Parameter, last_part, parameters_below
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.errors import DeniedError, PausedError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.aws.retry import FIRST_CALL, OPERATE_HINT, RUN_HINT, Patience, patiently
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.manifests import is_batch_name
from batchwright_runner.host.stage.patient import patient
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


def refuse_paused(
    aws: Aws,
    manifest: BatchManifest,
    waiter: Waiter,
    *,
    patience: Patience = FIRST_CALL,
    wall: Callable[[], float] = time.time,
) -> None:
    """Refuses a start while a batch is paused.

    `wall`: seconds since 1970.
    """
    path = StageNames.of(manifest).paused(manifest.batch)
    what = f"whether {manifest.batch} is paused cannot be seen"
    pause = read_pause(aws, path, what, waiter, patience=patience)
    if pause is not None and pause.holds(wall()):
        raise PausedError(
            f"{manifest.batch} is paused {pause.words()}",
            hint=f"End it with batchwright resume {manifest.batch} -s {manifest.stage}, or add --even-if-paused",
        )


def read_pause(
    aws: Aws, path: str, what: str, waiter: Waiter, hint: str = RUN_HINT, patience: Patience = FIRST_CALL
) -> Pause | None:
    """The record of a pause; none without one."""
    found = read_parameter(aws, path, what, waiter, hint=hint, patience=patience)
    return Pause.from_text(str(found["Value"])) if found is not None else None
