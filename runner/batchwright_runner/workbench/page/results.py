"""How the last runs of a stage's batches ended, as AWS knows it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from batchwright_runner.contract.last import Last, LastError, slow, usual
from batchwright_runner.contract.names import stage_path
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.verdicts import Row, named, word
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import last_part, parameters_below
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.meant import runs_of
from batchwright_runner.host.releases.record import Record
from batchwright_runner.host.stage.pauses import pauses
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.workbench.page.build import Known
from batchwright_runner.workbench.page.catalog import NOT_DEPLOYED, NOT_SEEN, SEEN, Release, Results, ShownRun

T = TypeVar("T")
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
        ended = [run for run in runs.look(begin) if not run.in_progress and run.created >= begin]
        paused = pauses(stage, wall=wall)
        lasts = _records(stage, "last", "the records of the last ends cannot be seen", Last.from_text)
        released = _records(stage, "releases", "the records of the releases cannot be seen", Record.from_json)
    except (ApiError, RunnerError) as error:
        stage.tell.note(f"past runs are not shown: {error}")
        return Known(said=NOT_SEEN)
    images = {one.batch: one.image.name for one in runs.manifests}
    releases = {name: released[image] for name, image in images.items() if image in released}
    return Known(said=SEEN, results=results(runs.batches(), ended, lasts, paused, releases))


def _records(stage: Stage, kind: str, what: str, read: Callable[[str], T]) -> dict[str, T]:
    """The stage's records of a kind: name to record. Empty, and said, where the caller may not see them."""
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell)
    folder = f"{stage_path(stage.target.project, stage.target.stage)}/{kind}"
    found = {}
    try:
        for one in parameters_below(aws, folder):
            name = last_part(one)
            try:
                found[name] = read(str(one["Value"]))
            except (LastError, RunnerError) as error:
                stage.tell.note(f"{name}: {error}")
    except DeniedError as error:
        stage.tell.note(str(error))
    return found


def results(
    batches: Iterable[str],
    ended: Sequence[Run],
    lasts: Mapping[str, Last],
    paused: Mapping[str, Pause],
    releases: Mapping[str, Record],
) -> dict[str, Results]:
    """Batch to results. Pure.

    Args:
        batches: The batches of the stage.
        ended: Runs that have ended.
        lasts: Batch to the record of its last ends.
        paused: Batch to its pause.
        releases: Batch to the record of its image's last release.
    """
    by_batch: dict[str, list[Run]] = {}
    for run in sorted(ended, key=_end):
        by_batch.setdefault(run.manifest.batch, []).append(run)
    return {
        name: _results(by_batch.get(name, ()), lasts.get(name, Last()), paused.get(name), releases.get(name))
        for name in sorted(batches)
    }


def _results(ended: Sequence[Run], last: Last, pause: Pause | None, release: Record | None) -> Results:
    runs = [_shown(run) for run in ended] or _only(last)
    good = [one for one in runs if one.ok]
    seen = tuple(one.seconds for one in good[-KEPT:] if one.seconds)
    durations = seen if last.usual_seconds is None else last.durations
    took = usual(durations)
    since = [one.ok for one in reversed(runs)]
    return Results(
        runs=tuple(runs[-KEPT:]),
        last_success=last.succeeded or (good[-1].ended if good else ""),
        failures_in_row=last.failures or (since.index(True) if True in since else len(since)),
        usual_seconds=round(took) if took else None,
        slow_seconds=slow(durations),
        release=_release(release) if release else None,
        paused=pause.words() if pause else "",
    )


def _release(record: Record) -> Release:
    by = record.by.rpartition("/")[2] or record.by
    return Release(digest=record.digest, tag=record.tag, by=by, at=record.at, kind=record.kind)


def _shown(run: Run) -> ShownRun:
    seconds = run.seconds(_end(run))
    return ShownRun(
        ended=_moment(_end(run)),
        ok=run.succeeded,
        code=run.verdict.code if run.verdict else None,
        what=run.last.word,
        why="" if run.succeeded else run.last.state.reason,
        seconds=round(seconds) if seconds else None,
    )


def _only(last: Last) -> list[ShownRun]:
    """The one run that a record tells of; none where none has ended yet."""
    if not last.ended or not last.verdict:
        return []
    row, code = named(last.verdict)
    return [
        ShownRun(
            ended=last.ended,
            ok=row is Row.OWN and code == 0,
            code=last.code,
            what=word(row, code),
            seconds=last.seconds or None,
        )
    ]


def _end(run: Run) -> float:
    return run.ended or run.created


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
