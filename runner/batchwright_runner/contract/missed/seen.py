"""The runs of a batch that there were, as they are judged. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.verdicts import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A run.

    Attributes:
        id: How people name it: the beginning of the id of its last task, or the name of its execution.
        identity: What all its attempts have in common, and no other run of the batch has: its run id; the ARN of its
            task where neither the runner nor a machine started it. Default: its ``id``.
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
    identity: str = ""
    ended: float | None = None
    began: bool = True
    row: Row | None = None
    words: str = ""
    good: bool = False
    scheduled: float | None = None


def seen_runs(attempts: Iterable[Attempt]) -> list[Seen]:
    """Runs as they are judged, the earliest first.

    Args:
        attempts: The attempts of one batch's runs.
    """
    return [_seen(run) for run in reversed(runs_from(attempts))]


def _seen(run: Run) -> Seen:
    result = run.verdict
    return Seen(
        id=run.last.short_id,
        identity=run.last.attempt_of,
        by=AWS if run.execution else who_started(run.started_by),
        started=run.created,
        ended=None if run.in_progress else run.ended or run.created,
        began=run.in_progress or run.began,
        row=result.row if result else None,
        words=_words(run.last) if result else "",
        good=run.succeeded,
        scheduled=moment(run.scheduled),
    )


def _words(last: Attempt) -> str:
    reason = last.state.reason
    own = last.verdict is not None and last.verdict.row is Row.OWN
    return f"{last.word}: {reason}" if reason and not own else last.word
