"""How the last runs of a stage's batches ended, as AWS knows it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from batchwright_runner.aws.errors import ApiError
from batchwright_runner.aws.pages import pages
from batchwright_runner.aws.retry import PatientAws
from batchwright_runner.catalog.build import Known
from batchwright_runner.catalog.model import NOT_DEPLOYED, NOT_SEEN, SEEN, Results, Run
from batchwright_runner.contract.ends import OUT_OF_MEMORY
from batchwright_runner.contract.last import Last, LastError, usual
from batchwright_runner.contract.names import stage_path
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import Row, named, word
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.fargate.execution_runs import executions_without_tasks
from batchwright_runner.fargate.find_run import Runs
from batchwright_runner.fargate.known_run import KnownRun
from batchwright_runner.fargate.meant import runs_of
from batchwright_runner.stage.pauses import pauses
from batchwright_runner.stage.session import Stage

KEPT = 20
"""Runs of a batch that are shown."""


def read_results(stage: Stage, since: float, *, wall: Callable[[], float] = time.time) -> Known:
    """What a stage knows of past runs. Where it cannot be seen, that is said, and nothing is known.

    Args:
        stage: The stage.
        since: How far back, in seconds.
        wall: Seconds since 1970.
    """
    begin = wall() - since
    try:
        runs = runs_of(stage, None)
        if not runs.manifests:
            stage.tell.note(f"past runs are not shown: {stage.no_batches()}")
            return Known(said=NOT_DEPLOYED)
        ended, paused = _ended(runs, begin), pauses(stage, wall=wall)
        lasts = _lasts(stage)
    except (ApiError, RunnerError) as error:
        stage.tell.note(f"past runs are not shown: {error}")
        return Known(said=NOT_SEEN)
    return Known(said=SEEN, results=results(runs.batches(), ended, lasts, paused))


def _ended(runs: Runs, begin: float) -> list[KnownRun]:
    known = {run.arn: run for run in runs.past(since=begin)}
    current = runs.current()
    seen = [*current, *known.values()]
    known |= {run.arn: run for run in (*current, *executions_without_tasks(runs.aws, runs.manifests, seen, begin))}
    return [run for run in known.values() if run.result is not None and run.created >= begin]


def _lasts(stage: Stage) -> dict[str, Last]:
    """The records of last ends: batch to record. Empty, and said, where the caller may not see them."""
    what = "the records of the last ends cannot be seen"
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell)
    folder = f"{stage_path(stage.target.project, stage.target.stage)}/last"
    read = partial(aws.call, "ssm", "get_parameters_by_path", Path=folder)
    found = {}
    try:
        for one in pages(read, "Parameters", next_key="NextToken"):
            name = str(one["Name"]).rpartition("/")[2]
            try:
                found[name] = Last.from_text(str(one["Value"]))
            except LastError as error:
                stage.tell.note(f"{name}: {error}")
    except DeniedError as error:
        stage.tell.note(str(error))
    return found


def results(
    batches: Iterable[str],
    ended: Sequence[KnownRun],
    lasts: Mapping[str, Last],
    paused: Mapping[str, Pause],
) -> dict[str, Results]:
    """Batch to results. Pure.

    Args:
        batches: The batches of the stage.
        ended: Runs that have ended.
        lasts: Batch to the record of its last ends.
        paused: Batch to its pause.
    """
    by_batch: dict[str, list[KnownRun]] = {}
    for run in sorted(ended, key=_end):
        by_batch.setdefault(run.manifest.batch, []).append(run)
    return {
        name: _results(by_batch.get(name, ()), lasts.get(name, Last()), paused.get(name)) for name in sorted(batches)
    }


def _results(ended: Sequence[KnownRun], last: Last, pause: Pause | None) -> Results:
    runs = [_run(one) for one in ended] or _only(last)
    good = [one for one in runs if one.ok]
    took = last.usual_seconds or usual(tuple(one.seconds for one in good[-KEPT:] if one.seconds))
    since = [one.ok for one in reversed(runs)]
    return Results(
        runs=tuple(runs[-KEPT:]),
        last_success=last.succeeded or (good[-1].ended if good else ""),
        failures_in_row=last.failures or (since.index(True) if True in since else len(since)),
        usual_seconds=round(took) if took else None,
        paused=pause.words() if pause else "",
    )


def _run(run: KnownRun) -> Run:
    found = run.result
    code = found.code if found else None
    own = found is not None and found.row is Row.OWN
    killed = own and OUT_OF_MEMORY in run.state.reason
    return Run(
        ended=_moment(_end(run)),
        ok=own and code == 0,
        code=code,
        what="out of memory" if killed else word(found.row, found.code) if found else "",
        why="" if own and code == 0 else run.state.reason,
        seconds=round(_end(run) - run.created) if _end(run) > run.created else None,
    )


def _only(last: Last) -> list[Run]:
    """The one run that a record tells of; none where none has ended yet."""
    if not last.ended or not last.verdict:
        return []
    row, code = named(last.verdict)
    return [
        Run(
            ended=last.ended,
            ok=row is Row.OWN and code == 0,
            code=last.code,
            what=word(row, code),
            seconds=last.seconds or None,
        )
    ]


def _end(run: KnownRun) -> float:
    times = run.state.times
    return times.get("executionStoppedAt") or times.get("stoppedAt") or run.created


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
