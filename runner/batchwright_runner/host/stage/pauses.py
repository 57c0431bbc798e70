"""Pauses in a stage, of batches and of their alerts: reads, writes and ends them."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.moments import moment, seconds, utc
from batchwright_runner.contract.names import MUTED_ALL, StageNames
from batchwright_runner.contract.pages import Parameter, last_part, parameters_below
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.errors import DeniedError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.stage.manifests import is_batch_name
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.paused import read_pause
from batchwright_runner.host.stage.session import Stage


@dataclass(frozen=True, slots=True)
class PauseFolder:
    """Where pauses of a kind are kept, and what they are called."""

    # The SSM parameter of a record
    path: Callable[[StageNames, str], str]
    # What a batch is meanwhile: ``paused``
    held: str
    # What the record is: ``the pause of``, and a name follows
    noun: str

    def of(self, stage: Stage, name: str) -> str:
        """The parameter of a record in a stage; the folder for an empty name."""
        return self.path(StageNames.of(stage.target), name).rstrip("/")


BATCHES = PauseFolder(lambda names, name: names.paused(name), "paused", "the pause of")
ALERTS = PauseFolder(lambda names, name: names.muted(name), "muted", "the muting of")


def pauses(stage: Stage, kind: PauseFolder = BATCHES) -> Mapping[str, Pause]:
    """The pauses of a stage that hold: batch to pause. Empty, with a note, where the caller may not see them."""
    try:
        found = pause_records(stage, kind)
    except DeniedError as error:
        stage.tell.note(str(error))
        return {}
    return {name: pause for name, pause in found.items() if pause.holds(time.time())}


def pause_records(stage: Stage, kind: PauseFolder = BATCHES) -> Mapping[str, Pause]:
    """All records of pauses of a stage, also of those that have ended by themselves: batch to pause."""
    with patient(stage, f"which batches are {kind.held} cannot be seen") as aws:
        parameters = parameters_below(aws.call, kind.of(stage, ""))
        return {last_part(parameter): _read(parameter) for parameter in parameters}


def pause_of(stage: Stage, name: str, kind: PauseFolder = BATCHES) -> Pause | None:
    """The record of a batch's pause, whether or not it has ended by itself; none without one."""
    what = f"{kind.noun} {_called(name)} cannot be read"
    return read_pause(stage.aws, kind.of(stage, name), what, stage.waiter, OPERATE_HINT)


def put_pause(
    stage: Stage, name: str, reason: str, until: float | None, now: float, kind: PauseFolder = BATCHES
) -> Pause:
    """Pauses a batch, in the place of a pause that there is.

    `until`: when it ends by itself, in seconds since 1970; none for never.
    `now`: Now, in seconds since 1970.
    """
    what = f"{_called(name)} was not {kind.held}"
    by = str(stage.caller(what, OPERATE_HINT)["Arn"])
    pause = Pause(reason=reason, by=by, since=utc(now), until="" if until is None else utc(until))
    if not pause.fits:
        raise UsageError(f"{what}: the reason is too long for its record in SSM", hint="Shorten it")
    request = {"Name": kind.of(stage, name), "Value": pause.to_json(), "Type": "String", "Overwrite": True}
    patiently(lambda: stage.aws.call("ssm", "put_parameter", **request), what, stage.waiter, hint=OPERATE_HINT)
    return pause


def end_pause(stage: Stage, name: str, kind: PauseFolder = BATCHES) -> None:
    """Ends a pause. One that someone else ended meanwhile is ended too."""
    what, path = f"{kind.noun} {_called(name)} was not ended", kind.of(stage, name)
    delete = partial(stage.aws.call, "ssm", "delete_parameter", Name=path)
    with suppress(ApiError):
        patiently(delete, what, stage.waiter, hint=OPERATE_HINT, but=("ParameterNotFound",))


def find_or_left(stage: Stage, batch: str, kind: PauseFolder = BATCHES) -> Manifest | None:
    """The batch or workflow of a name; none where a record alone is left of what was renamed or removed."""
    try:
        return stage.find(batch)
    except UsageError:
        if not is_batch_name(batch) or pause_of(stage, batch, kind) is None:
            raise
        return None


def _read(parameter: Parameter) -> Pause:
    """A pause; one that does not say since when is as old as its record."""
    pause = Pause.from_text(str(parameter["Value"]))
    if moment(pause.since) is not None:
        return pause
    return replace(pause, since=utc(seconds(parameter["LastModifiedDate"])))


def _called(name: str) -> str:
    return "the stage" if name == MUTED_ALL else name
