"""Adds to the batches of a stage how their last runs ended, as AWS knows it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.names import stage_path
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import last_part, parameters_below
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.meant import runs_of
from batchwright_runner.host.releases.record import Record
from batchwright_runner.host.stage.pauses import pauses
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.catalog import NOT_DEPLOYED, NOT_SEEN, SEEN

T = TypeVar("T")


def with_results(
    batches: Sequence[Batch], stage: Stage, since: float, *, wall: Callable[[], float] = time.time
) -> tuple[str, Sequence[Batch]]:
    """Batches with what a stage knows of their past runs, and how much that is: `SEEN`, `NOT_SEEN`, `NOT_DEPLOYED`.

    Where it cannot be seen, that is reported, and the batches are as they were.

    Args:
        batches: The batches, as they are declared.
        stage: The stage.
        since: How far back, in seconds.
        wall: Seconds since 1970.
    """
    begin = wall() - since
    try:
        runs = runs_of(stage, None)
        if not runs.manifests:
            stage.tell.note(f"past runs are not shown: {stage.no_batches()}")
            return NOT_DEPLOYED, batches
        ended = [run for run in runs.look(begin) if not run.in_progress and run.created >= begin]
        paused = pauses(stage, wall=wall)
        lasts = _records(stage, "last", "the records of the last ends cannot be seen", Last.from_text)
        released = _records(stage, "releases", "the records of the releases cannot be seen", Record.from_json)
    except (ApiError, RunnerError) as error:
        stage.tell.note(f"past runs are not shown: {error}")
        return NOT_SEEN, batches
    images = {manifest.batch: manifest.image.name for manifest in runs.manifests}
    by_batch = {name: [run for run in ended if run.manifest.batch == name] for name in images}

    def seen(batch: Batch) -> Batch:
        name = batch.name
        runs, last, pause = by_batch[name], lasts.get(name), paused.get(name)
        return replace(batch, runs=runs, last=last, pause=pause, release=released.get(images[name]))

    stage_name = stage.target.stage
    return SEEN, [seen(batch) if batch.name in images else replace(batch, asked=stage_name) for batch in batches]


def _records(stage: Stage, kind: str, what: str, read: Callable[[str], T]) -> dict[str, T]:
    """The stage's records of a kind: name to record. Empty, and said, where the caller may not see them."""
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell)
    folder = f"{stage_path(stage.target.project, stage.target.stage)}/{kind}"
    records = {}
    try:
        for parameter in parameters_below(aws, folder):
            name = last_part(parameter)
            try:
                records[name] = read(str(parameter["Value"]))
            except (LastError, RunnerError) as error:
                stage.tell.note(f"{name}: {error}")
    except DeniedError as error:
        stage.tell.note(str(error))
    return records
