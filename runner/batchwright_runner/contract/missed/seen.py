"""The runs of a batch that there were, as they are judged. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from batchwright_runner.contract.executions import Execution, known_execution
from batchwright_runner.contract.moments import moment, shown
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.rules import NOT_BEGUN


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A run."""

    # How people name it: ``BATCH@ID``
    id: str
    by: str
    # When it was started, in seconds since 1970
    started: float
    # What all its attempts have in common, and no other run of the batch has: its run id; the ARN of its task where
    # neither the runner nor a machine started it. Default: its ``id``.
    identity: str = ""
    ended: float | None = None
    # Whether anything of the batch ran, or may still run
    began: bool = True
    # Its row of the exit codes; none while it is in progress
    row: Row | None = None
    # Its end in a few words, ``never started: CannotPullContainerError``; empty while it is in progress
    words: str = ""
    good: bool = False
    # The time for which it was due, in seconds since 1970; none where that is not known
    scheduled: float | None = None
    # The id of the backfill that it belongs to, so that it stands for no due run; empty for none
    backfill: str = ""

    @property
    def named(self) -> str:
        """It in words: ``daily-report@1a2b3c4d by alice@laptop, for 2026-11-24 02:30 JST``."""
        due = "" if self.scheduled is None else f", for {shown(self.scheduled)}"
        return f"{self.id} by {self.by}{' of a backfill' if self.backfill else ''}{due}".strip()

    @property
    def word(self) -> str:
        """Its end in a word or two; empty while it is in progress."""
        return self.words.partition(": ")[0]

    @property
    def why(self) -> str:
        """Why it ended so, as AWS says; empty where that is not known."""
        return self.words.partition(": ")[2]


def seen_runs(attempts: Iterable[Attempt]) -> list[Seen]:
    """Runs as they are judged, the earliest first."""
    return [_seen(run) for run in reversed(runs_from(attempts))]


def seen_executions(workflow: WorkflowManifest, executions: Iterable[Execution]) -> list[Seen]:
    """The runs of a workflow as they are judged, the earliest first."""
    by = {execution.name: execution for execution in executions}
    runs = seen_runs(known_execution(workflow, execution) for execution in by.values())
    return [
        replace(run, by=by[run.identity].started_by, began=run.began or run.row not in NOT_BEGUN)  # it has no task
        for run in runs
    ]


def _seen(run: Run) -> Seen:
    result = run.verdict
    return Seen(
        id=run.last.name,
        identity=run.last.attempt_of,
        by=who_started(run.backfill) if run.backfill else AWS if run.execution else who_started(run.started_by),
        started=run.created,
        ended=None if run.in_progress else run.ended or run.created,
        began=run.in_progress or run.began,
        row=result.row if result else None,
        words=_words(run.last) if result else "",
        good=run.succeeded,
        scheduled=moment(run.scheduled),
        backfill=run.backfill,
    )


def _words(last: Attempt) -> str:
    reason = last.state.reason
    own = last.verdict is not None and last.verdict.row is Row.OWN
    return f"{last.word}: {reason}" if reason and not own else last.word
