"""Looks at all that a stage knows of a batch, one thing after the other: what may not be seen is listed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import last_path, paused_path, release_path, watch_path
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import DeniedError, InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.history import DAY, DAYS
from batchwright_runner.host.releases.record import Record
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.task_definitions import variables_of
from batchwright_runner.host.verify.look import Look, UnseenError, permission_of
from batchwright_runner.workbench.page.batch import Batch, Unseen

T = TypeVar("T")
RUNS = 10
"""Ended runs that are shown, and that say where the time goes."""

_NAMES_A_CALL = 10  # of SSM's GetParameters (API reference, 2026-11)


class _Noting:
    """Calls AWS, and notes which call was refused last.

    Args:
        aws: Calls AWS.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.refused = ""

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes the call.

        Raises:
            ApiError: It failed.
        """
        try:
            return self._aws.call(service, operation, **parameters)
        except ApiError as error:
            if error.forbidden:
                self.refused = permission_of(service, operation)
            raise


@dataclass(slots=True)
class _Parts:
    """Looks at one thing after the other.

    Attributes:
        aws: Calls AWS.
        unseen: What could not be looked at.
    """

    aws: _Noting
    unseen: list[Unseen] = field(default_factory=list)

    def see(self, what: str, look: Callable[[], T], otherwise: T) -> T:
        """What a look gives; something else where it cannot be had, which is noted.

        Raises:
            InterruptedEarlyError: A signal came.
        """
        try:
            return look()
        except InterruptedEarlyError:
            raise
        except UnseenError as error:
            self.unseen.append(Unseen(what, _missing(error.permission)))
        except DeniedError as error:
            refused = self.aws.refused
            self.unseen.append(Unseen(what, _missing(refused) if refused else str(error.args[0])))
        except (ApiError, RunnerError, LastError, WatchError) as error:
            self.unseen.append(Unseen(what, str(error)))
        return otherwise


def look_at(
    stage: Stage, manifest: BatchManifest, declared: BatchFile | None, *, wall: Callable[[], float] = time.time
) -> Batch:
    """All that a stage knows of a deployed batch.

    Args:
        stage: The stage.
        manifest: The batch's manifest.
        declared: Its file, where the project here declares it.
        wall: Seconds since 1970.

    Raises:
        InterruptedEarlyError: A signal came.
    """
    aws, look = _Noting(stage.aws), Look(stage.aws, stage.waiter, stage.elsewhere)
    parts = _Parts(aws)
    empty: Mapping[str, Any] = {}
    none: Sequence[Run] = ()
    definition = parts.see("the task definition", lambda: _definition(look, manifest), empty)
    return Batch(
        manifest=manifest,
        now=datetime.fromtimestamp(wall(), UTC),
        deployed=True,
        declared=declared,
        definition=definition,
        values=parts.see("the values of the parameters", lambda: _values(look, manifest, definition), {}),
        release=parts.see("the release record", lambda: _release(look, manifest), None),
        pause=parts.see("whether it is paused", lambda: _pause(look, manifest, wall()), None),
        last=parts.see("its last ends", lambda: _record(look, manifest, last_path, Last.from_text), None),
        watch=parts.see("what is watched", lambda: _record(look, manifest, watch_path, Watch.from_text), None),
        runs=parts.see("its runs", lambda: _runs(replace(stage, aws=aws), manifest, wall()), none),
        unseen=parts.unseen,
    )


def _definition(look: Look, manifest: BatchManifest) -> Mapping[str, Any]:
    answer = look.ask("ecs", "describe_task_definition", taskDefinition=manifest.task_definition)
    definition: Mapping[str, Any] = answer["taskDefinition"]
    return definition


def _values(look: Look, manifest: BatchManifest, definition: Mapping[str, Any]) -> Mapping[str, str]:
    """The parameters' values, of the main container. No secret of the manifest is asked for, and nothing decrypted."""
    if not definition:
        return {}
    main = [variable for variable in variables_of(definition) if variable.container == manifest.container]
    named = {
        variable.source.name: variable.name
        for variable in main
        if variable.name in manifest.parameters and variable.source.service == "ssm"
    }
    values: dict[str, str] = {}
    names = sorted(named)
    for begin in range(0, len(names), _NAMES_A_CALL):
        answer = look.ask("ssm", "get_parameters", Names=names[begin : begin + _NAMES_A_CALL], WithDecryption=False)
        for parameter in answer.get("Parameters", []):
            asked = parameter["Name"] if parameter["Name"] in named else parameter.get("ARN", "")
            if parameter.get("Type") != "SecureString" and asked in named:
                values[named[asked]] = str(parameter["Value"])
    return values


def _release(look: Look, manifest: BatchManifest) -> Record | None:
    if not manifest.image.name:
        return None
    text = _parameter(look, release_path(manifest.project, manifest.stage, manifest.image.name))
    return None if text is None else Record.from_json(text)


def _pause(look: Look, manifest: BatchManifest, now: float) -> Pause | None:
    text = _parameter(look, paused_path(manifest.project, manifest.stage, manifest.batch))
    pause = None if text is None else Pause.from_text(text)
    return pause if pause is not None and pause.holds(now) else None


def _record(
    look: Look, manifest: BatchManifest, path: Callable[[str, str, str], str], read: Callable[[str], T]
) -> T | None:
    text = _parameter(look, path(manifest.project, manifest.stage, manifest.batch))
    return None if text is None else read(text)


def _parameter(look: Look, name: str) -> str | None:
    """A parameter's value; none where there is no such parameter."""
    try:
        return str(look.ask("ssm", "get_parameter", Name=name)["Parameter"]["Value"])
    except ApiError as error:
        if error.code == "ParameterNotFound":
            return None
        raise


def _runs(stage: Stage, manifest: BatchManifest, now: float) -> Sequence[Run]:
    """Its runs in progress and the newest that have ended."""
    newest = Runs(stage, [manifest]).look(now - DAYS * DAY, RUNS)
    ended = [run for run in newest if not run.in_progress][:RUNS]
    return [run for run in newest if run.in_progress or run in ended]


def _missing(permission: str) -> str:
    return f"the caller may not look: {permission} is missing"
