"""Looks at all that tells which runs of a stage did not come. What may not be looked at is never taken as fine.

The history is read once for the whole stage: FilterLogEvents has a quota of a few calls a second (CloudWatch Logs
quotas, 2026-11).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.missed.seen import seen_runs
from batchwright_runner.contract.missed.watched import GRACES, Blind, Watched
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.execution_runs import executions_without_tasks
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.times import times_of
from batchwright_runner.host.stage.last_ends import last_ends
from batchwright_runner.host.stage.pauses import pause_records
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.watches import WatchRecord, watches

if TYPE_CHECKING:
    from batchwright_runner.contract.executions import Execution
    from batchwright_runner.contract.workflows.record import Workflow

T = TypeVar("T")
NO_HISTORY = "the stage keeps no history, and ECS forgets a run an hour after its end"
_BEFORE = max(GRACES.values()) + 24 * 3600.0
"""Seconds before the time that was asked for, in which runs may have ended that belong to it: a flexible window has a
day at most (EventBridge Scheduler API reference, FlexibleTimeWindow, 2026-11)."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen.

    Attributes:
        batches: The batches, each with its runs.
        blind: What could not be looked at.
    """

    batches: Sequence[Watched]
    blind: Blind


class _Look:
    """One look: what is refused is noted, and the look goes on.

    Args:
        stage: The stage.
        runs: The runs of its batches.
        begin: From when on, in seconds since 1970.
    """

    def __init__(self, stage: Stage, runs: Runs, begin: float) -> None:
        self.stage = stage
        self.runs = runs
        self.begin = begin
        self.refused: dict[str, str] = {}

    def unless_refused(self, what: str, read: Callable[[], T], nothing: T) -> T:
        """What there is; nothing, and noted, where the caller may not see it."""
        try:
            return read()
        except DeniedError as error:
            self.refused[what] = str(error)
            return nothing
        except ApiError as error:
            raise RunnerError(f"the runs cannot be seen: {error}") from error


def look(stage: Stage, runs: Runs, begin: float, workflows: "Sequence[Workflow]" = ()) -> Looked:
    """Looks at the stage, read only.

    Args:
        stage: The stage.
        runs: The runs of its batches.
        begin: From when on, in seconds since 1970.
        workflows: Its workflows. Default: none.

    Raises:
        RunnerError: Something failed that is no lack of permission.
    """
    one, since = _Look(stage, runs, begin), begin - _BEFORE
    no_runs: list[Attempt] = []
    no_records: Mapping[str, WatchRecord] = {}
    no_pauses: Mapping[str, Pause] = dict[str, Pause]()
    current = one.unless_refused("tasks", runs.current, no_runs)
    forgotten = _histories(one)
    with_history = [manifest for manifest in runs.manifests if not forgotten[manifest.batch]]
    past = (
        one.unless_refused("tasks", lambda: Runs(stage, with_history).past(since=since), no_runs)
        if with_history
        else no_runs
    )
    known = [*current, *past]
    # Of a group that cannot be read, nothing more is asked.
    asked = [each if not forgotten[each.batch] else replace(each, history_log_group="") for each in runs.manifests]
    waiting = one.unless_refused(
        "machines", lambda: list(executions_without_tasks(runs.aws, asked, known, since)), no_runs
    )
    records = one.unless_refused("watch", lambda: watches(stage), no_records)
    pauses = one.unless_refused("pauses", lambda: pause_records(stage), no_pauses)
    lasts = _lasts(one) if any(forgotten.values()) else {}
    by_batch = _by_batch([*known, *waiting, *runs.waiting()])
    batches = [
        Watched(
            batch=manifest.batch,
            **times_of(stage, manifest, records.get(manifest.batch), begin),
            overlap=manifest.overlap,
            machine=bool(manifest.machine),
            pause=pauses.get(manifest.batch),
            forgotten=forgotten[manifest.batch],
            last_began=lasts[manifest.batch].began if manifest.batch in lasts else None,
            runs=seen_runs(by_batch.get(manifest.batch, ())),
        )
        for manifest in runs.manifests
    ]
    return Looked([*batches, *_of_workflows(one, workflows, records, pauses)], Blind(**one.refused))


def _of_workflows(
    one: _Look, workflows: "Sequence[Workflow]", records: Mapping[str, WatchRecord], pauses: Mapping[str, Pause]
) -> list[Watched]:
    """The workflows, each with its runs."""
    if not workflows:
        return []
    from batchwright_runner.host.missed.workflows import executions_of, watched_of

    none: list[Execution] = []
    aws, since = one.runs.aws, one.begin - _BEFORE
    return [
        watched_of(
            one.stage,
            workflow,
            one.unless_refused("machines", partial(executions_of, aws, workflow, since), none),
            records,
            pauses,
            one.begin,
        )
        for workflow in workflows
    ]


def _histories(one: _Look) -> Mapping[str, str]:
    """Batch to why ends that ECS has forgotten cannot be seen; empty where they can."""
    groups = {manifest.history_log_group for manifest in one.runs.manifests}
    faults = {group: _fault(one, group) for group in groups}
    return {manifest.batch: faults[manifest.history_log_group] for manifest in one.runs.manifests}


def _fault(one: _Look, group: str) -> str:
    if not group:
        return NO_HISTORY
    try:
        one.runs.aws.call("logs", "filter_log_events", logGroupName=group, startTime=int(one.begin * 1000), limit=1)
    except DeniedError as error:
        return str(error)
    except ApiError as error:
        if error.code == "ResourceNotFoundException":
            return f"{NO_HISTORY}: there is no log group {group}"
        raise RunnerError(f"the runs cannot be seen: {error}") from error
    return ""


def _lasts(one: _Look) -> Mapping[str, Last]:
    """Batch to the record of its last ends, as far as it can be seen: it may stand in for a history."""
    names = [manifest.batch for manifest in one.runs.manifests]
    found: dict[str, Last] = {}
    try:
        for name, text in last_ends(one.runs.aws.call, one.stage.target.project, one.stage.target.stage, names):
            with suppress(LastError):
                found[name] = Last.from_text(text)
    except (DeniedError, ApiError):
        return found
    return found


def _by_batch(known: Sequence[Attempt]) -> Mapping[str, list[Attempt]]:
    """Batch to the attempts of its runs."""
    found: dict[str, list[Attempt]] = {}
    for attempt in known:
        found.setdefault(attempt.manifest.batch, []).append(attempt)
    return found
