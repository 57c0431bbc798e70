"""The runs of a batch that there were, each with all its attempts as one. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from batchwright_runner.contract.pauses import moment
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.host.fargate.find_run import short_id
from batchwright_runner.host.fargate.known_run import KnownRun
from batchwright_runner.host.runs.run_id import who_started

_NO_RUN_ID = ("events-rule/", "chronos-schedule/")
"""What other services of AWS write into ``startedBy``: the same for all tasks that one rule or schedule starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A run.

    Attributes:
        id: How people name it: the beginning of a task's id, or the name of its execution.
        by: Who started it, for people.
        started: When it was started, in seconds since 1970.
        ended: When it ended; none while it is in progress.
        began: Whether anything of the batch ran, or may still run.
        row: Its row of the exit codes; none while it is in progress.
        words: Its end in a few words, ``never started: CannotPullContainerError``; empty while it is in progress.
        good: Whether it ended well.
        scheduled: The time for which it was due, in seconds since 1970; none where nobody said it.
    """

    id: str
    by: str
    started: float
    ended: float | None = None
    began: bool = True
    row: Row | None = None
    words: str = ""
    good: bool = False
    scheduled: float | None = None


def seen_runs(found: Iterable[KnownRun]) -> list[Seen]:
    """Runs with their attempts as one, the earliest first.

    Args:
        found: The runs of one batch, as they were found: a task for each attempt.
    """
    ordered = sorted(found, key=_key)
    runs = [_joined(sorted(attempts, key=lambda one: one.created)) for _, attempts in groupby(ordered, _key)]
    return sorted(runs, key=lambda run: run.started)


def _key(run: KnownRun) -> str:
    known = run.started_by and not run.started_by.startswith(_NO_RUN_ID)
    return run.execution or (run.started_by if known else run.arn)


def _joined(attempts: Sequence[KnownRun]) -> Seen:
    last = attempts[-1]
    going = any(not one.state.ended for one in attempts)
    result = None if going else last.result
    times = [_ended(one) for one in attempts]
    return Seen(
        id=short_id(last.arn),
        by=AWS if last.execution else who_started(last.started_by),
        started=attempts[0].created,
        ended=None if going else max(times),
        began=going or any(one.state.began for one in attempts),
        row=result.row if result else None,
        words=_words(last) if result else "",
        good=result is not None and (result.row, result.code) == (Row.OWN, 0),
        scheduled=next((at for one in attempts if (at := moment(one.scheduled)) is not None), None),
    )


def _words(run: KnownRun) -> str:
    result = run.result
    if result is None:
        return ""
    said = word(result.row, result.code)
    return f"{said}: {run.state.reason}" if run.state.reason and result.row is not Row.OWN else said


def _ended(run: KnownRun) -> float:
    times = run.state.times
    return times.get("executionStoppedAt") or times.get("stoppedAt") or run.created
