"""Reads all that shows which runs of a stage did not come. What cannot be read is never taken as fine.

The history is read once for the whole stage: FilterLogEvents has a quota of a few calls a second (CloudWatch Logs
quotas, 2026-11).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.seen import seen_executions, seen_runs
from batchwright_runner.contract.missed.watched import LONGEST_GRACE, Blind, Watched
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.executions import describe_execution, executions_without_tasks
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.times import watched_of
from batchwright_runner.host.stage.pauses import pause_records
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.watches import manifest_changes, watches
from batchwright_runner.host.workflows.runs import executions_since

T = TypeVar("T")
NO_HISTORY = "the stage keeps no history, and ECS forgets a run an hour after its end"
_AGAIN = 3600.0
"""Seconds before the last look from which on the history is read again: for about so long ECS shows an ended task."""
_BEFORE = LONGEST_GRACE + 24 * 3600.0
"""Seconds before the time that was asked for, in which runs may have ended that belong to it: a flexible window has a
day at most (EventBridge Scheduler API reference, FlexibleTimeWindow, 2026-11)."""


@dataclass(frozen=True, slots=True)
class StageView:
    """What was seen."""

    batches: Sequence[Watched]
    blind: Blind
    attempts: Sequence[Attempt]
    # The executions of workflows, by their ARNs
    executions: Mapping[str, Execution] = field(default_factory=dict)
    # When it was looked, in seconds since 1970
    at: float = 0.0


@dataclass(slots=True)
class _Reader:
    """Reads for one look: what is refused is noted, and the look goes on."""

    aws: Aws
    # From when on, in seconds since 1970
    begin: float
    refused: dict[str, str] = field(default_factory=dict)

    def unless_refused(self, part: str, read: Callable[[], T]) -> T | None:
        """What there is; none, and noted, where the caller may not see it."""
        try:
            return read()
        except DeniedError as error:
            self.refused[part] = str(error)
            return None
        except ApiError as error:
            raise RunnerError(f"the runs cannot be seen: {error}") from error

    def fault(self, group: str) -> str:
        """Why ends that ECS has forgotten cannot be seen in a log group; empty where they can."""
        if not group:
            return NO_HISTORY
        try:
            start = int(self.begin * 1000)
            self.aws.call("logs", "filter_log_events", logGroupName=group, startTime=start, limit=1)
        except DeniedError as error:
            return str(error)
        except ApiError as error:
            if error.code == "ResourceNotFoundException":
                return f"{NO_HISTORY}: there is no log group {group}"
            raise RunnerError(f"the runs cannot be seen: {error}") from error
        return ""

    def executions_of(self, workflow: WorkflowManifest, known: Mapping[str, Execution]) -> list[Execution]:
        """Its executions, with their due times, which the list lacks. They are kept longer than any history is read."""
        return [
            known.get(execution.arn) or describe_execution(self.aws, execution.arn) or execution
            for execution in executions_since(self.aws, workflow, self.begin - _BEFORE)
        ]


def look(
    stage: Stage,
    runs: Runs,
    begin: float,
    workflows: Sequence[WorkflowManifest] = (),
    before: StageView | None = None,
) -> StageView:
    """Looks at the stage, read only.

    `begin`: from when on, in seconds since 1970.
    `before`: an earlier look from the same moment on: only what came since is read. Default: none.
    """
    now, known, ended = time.time(), list[Attempt](), dict[str, Execution]()
    reader, since = _Reader(runs.aws, begin), begin - _BEFORE
    if before is not None:
        known = [attempt for attempt in before.attempts if attempt.state.ended]
        ended = {arn: run for arn, run in before.executions.items() if run.status != RUNNING}
        since = max(since, before.at - _AGAIN)
        forgotten = {watched.batch: watched.forgotten for watched in before.batches}
    else:
        faults = {group: reader.fault(group) for group in {manifest.history_log_group for manifest in runs.manifests}}
        forgotten = {manifest.batch: faults[manifest.history_log_group] for manifest in runs.manifests}
    current = reader.unless_refused("tasks", runs.current) or []
    with_history = [manifest for manifest in runs.manifests if not forgotten[manifest.batch]]
    history = Runs(stage, with_history)
    past = reader.unless_refused("tasks", partial(history.past, since=since)) or [] if with_history else []
    with_tasks = [*known, *current, *past]
    # Of a group that cannot be read, nothing more is asked.
    manifests = [
        manifest if not forgotten[manifest.batch] else replace(manifest, history_log_group="")
        for manifest in runs.manifests
    ]
    without_tasks = partial(executions_without_tasks, runs.aws, manifests, with_tasks, since)
    waiting = reader.unless_refused("machines", lambda: list(without_tasks())) or []
    pauses = reader.unless_refused("pauses", partial(pause_records, stage)) or {}
    attempts = [*with_tasks, *waiting]
    seen = {
        manifest.batch: seen_runs(attempt for attempt in attempts if attempt.manifest.batch == manifest.batch)
        for manifest in runs.manifests
    }
    executions: dict[str, Execution] = {}
    for workflow in workflows:
        found = reader.unless_refused("machines", partial(reader.executions_of, workflow, ended)) or ()
        executions |= {execution.arn: execution for execution in found}
        seen[workflow.name] = seen_executions(workflow, found)
    subjects: list[Manifest] = [*runs.manifests, *workflows]
    batches = [
        replace(batch, pause=pauses.get(batch.batch), forgotten=forgotten.get(batch.batch, ""), runs=seen[batch.batch])
        for batch in (before.batches if before is not None else _watched(stage, reader, subjects, begin))
    ]
    refused = {"watch": before.blind.watch if before is not None else "", **reader.refused}
    return StageView(batches, Blind(**refused), attempts, executions, now)


def _watched(stage: Stage, reader: _Reader, subjects: Sequence[Manifest], begin: float) -> list[Watched]:
    """When all are due, and since when that holds."""
    names = [subject.name for subject in subjects]
    records = reader.unless_refused("watch", partial(watches, stage, names)) or {}
    without = [subject.name for subject in subjects if subject.schedule and subject.name not in records]
    changes = (reader.unless_refused("watch", partial(manifest_changes, stage, without)) if without else None) or {}
    return [
        watched_of(stage, subject, records.get(subject.name), begin, changes.get(subject.name)) for subject in subjects
    ]
