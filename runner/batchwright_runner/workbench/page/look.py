"""What a stage knows of a batch, part by part, and of the past runs of all: what may not be seen is reported."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import DeniedError, InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.client import Aws, permission_of
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.executions import again_of
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.history import DAY, DAYS
from batchwright_runner.host.params.present import read_values
from batchwright_runner.host.releases.record import ReleaseRecord
from batchwright_runner.host.stage.all_manifests import all_manifests
from batchwright_runner.host.stage.last_ends import last_end, last_ends
from batchwright_runner.host.stage.pauses import pauses
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.task_definitions import variables_of
from batchwright_runner.host.verify.look import StageQuestions, UnseenError
from batchwright_runner.workbench.page.batch import Batch, Unseen
from batchwright_runner.workbench.page.catalog import NOT_DEPLOYED, NOT_SEEN, SEEN

T = TypeVar("T")
RUNS = 10
"""Ended runs that are shown, and that say where the time goes."""


@dataclass(slots=True)
class _Looked:
    """Looks at one thing after the other, and notes what could not be looked at."""

    aws: Aws
    unseen: list[Unseen] = field(default_factory=list)
    # The permission that was missing last
    refused: str = ""

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Calls AWS."""
        try:
            return self.aws.call(service, operation, **parameters)
        except ApiError as error:
            if error.forbidden:
                self.refused = permission_of(service, operation)
            raise

    def see(self, part: str, look: Callable[[], T], otherwise: T) -> T:
        """The result of a look; a substitute where it fails, which is noted."""
        try:
            return look()
        except InterruptedEarlyError:
            raise
        except UnseenError as error:
            why = _missing(error.permission)
        except DeniedError as error:
            why = _missing(self.refused) if self.refused else str(error.args[0])
        except (ApiError, RunnerError, LastError, WatchError) as error:
            why = str(error)
        self.unseen.append(Unseen(part, why))
        return otherwise


def look_at(stage: Stage, manifest: BatchManifest, declared: BatchFile | None) -> Batch:
    """All that a stage knows of a deployed batch."""
    looked, look = _Looked(stage.aws), StageQuestions(stage.aws, stage.waiter, stage.elsewhere)
    names, image, now = StageNames.of(manifest), manifest.image.name, time.time()
    none: Sequence[Run] = ()

    def record(part: str, path: str, read: Callable[[str], T]) -> T | None:
        answer = looked.see(part, lambda: look.find("ParameterNotFound", "ssm", "get_parameter", Name=path), None)
        return None if answer is None else looked.see(part, lambda: read(str(answer["Parameter"]["Value"])), None)

    described = partial(look.call, "ecs", "describe_task_definition", taskDefinition=manifest.task_definition)
    definition: Mapping[str, Any] = looked.see("the task definition", lambda: described()["taskDefinition"], {})
    pause = record("whether it is paused", names.paused(manifest.batch), Pause.from_text)
    runs = looked.see("its runs", lambda: _runs(replace(stage, aws=looked), manifest, now), none)
    return Batch(
        manifest=manifest,
        now=datetime.fromtimestamp(now, UTC),
        deployed=True,
        declared=declared,
        definition=definition,
        values=looked.see("the values of the parameters", lambda: _values(look, manifest, definition), {}),
        release=record("the release record", names.release(image), ReleaseRecord.from_json) if image else None,
        pause=pause if pause is not None and pause.holds(now) else None,
        last=looked.see("its last ends", lambda: last_end(look.call, names, manifest.batch), None),
        watch=record("what is watched", names.watch(manifest.batch), Watch.from_text),
        runs=runs,
        again=again_of(stage.aws, runs[0]) if runs else "",
        unseen=looked.unseen,
    )


def _values(look: StageQuestions, manifest: BatchManifest, definition: Mapping[str, Any]) -> Mapping[str, str]:
    """The parameters' values, of the main container. No secret of the manifest is asked for, and nothing decrypted."""
    named = {
        variable.source.name: variable.name
        for variable in (variables_of(definition) if definition else ())
        if variable.container == manifest.container
        and variable.name in manifest.parameters
        and variable.source.service == "ssm"
    }
    values = read_values(look, sorted(named), look.waiter)
    return {named[path]: value.value for path, value in values.items() if path in named and not value.encrypted}


def _runs(stage: Stage, manifest: BatchManifest, now: float) -> Sequence[Run]:
    """Its runs in progress and the newest that have ended."""
    newest = Runs(stage, [manifest]).look(now - DAYS * DAY, RUNS)
    ended = [run for run in newest if not run.in_progress][:RUNS]
    return [run for run in newest if run.in_progress or run in ended]


def _missing(permission: str) -> str:
    return f"the caller may not look: {permission} is missing"


def with_results(batches: Sequence[Batch], stage: Stage, since: float) -> tuple[str, Sequence[Batch]]:
    """Batches with what a stage knows of their past runs, and how much that is: `SEEN`, `NOT_SEEN`, `NOT_DEPLOYED`.

    Where it cannot be seen, that is reported, and the batches are as they were.

    `since`: how far back, in seconds.
    """
    begin = time.time() - since
    try:
        stage.check_account()
        runs = Runs(stage, all_manifests(stage).batches)
        if not runs.manifests:
            stage.tell.note(f"past runs are not shown: {stage.no_batches()}")
            return NOT_DEPLOYED, batches
        ended = [run for run in runs.look(begin) if not run.in_progress and run.created >= begin]
        paused, names = pauses(stage), StageNames.of(stage.target)
        images = {manifest.batch: manifest.image.name for manifest in runs.manifests}
        lasts = _records(stage, "last ends", lambda aws: last_ends(aws.call, names, [*images]), Last.from_text)
        folder = f"{names.path}/releases"
        released = _records(
            stage,
            "releases",
            lambda aws: ((last_part(record), str(record["Value"])) for record in parameters_below(aws.call, folder)),
            ReleaseRecord.from_json,
        )
    except (ApiError, RunnerError) as error:
        stage.tell.note(f"past runs are not shown: {error}")
        return NOT_SEEN, batches
    by_batch = {name: [run for run in ended if run.manifest.batch == name] for name in images}

    def seen(batch: Batch) -> Batch:
        last, release = lasts.get(batch.name), released.get(images[batch.name])
        return replace(batch, runs=by_batch[batch.name], last=last, pause=paused.get(batch.name), release=release)

    stage_name = stage.target.stage
    return SEEN, [seen(batch) if batch.name in images else replace(batch, asked_stage=stage_name) for batch in batches]


def _records(
    stage: Stage, kind: str, texts: Callable[[Aws], Iterable[tuple[str, str]]], read: Callable[[str], T]
) -> dict[str, T]:
    """The stage's records of a kind: name to record. Empty, with a note, where the caller may not see them."""
    records, problem = {}, f"the records of the {kind} cannot be seen"
    try:
        for name, text in texts(PatientAws(stage.aws, problem, stage.waiter, stage.tell)):
            try:
                records[name] = read(text)
            except (LastError, RunnerError) as error:
                stage.tell.note(f"{name}: {error}")
    except DeniedError as error:
        stage.tell.note(str(error))
    return records
