"""Executions of state machines, as Step Functions shows them, and what their ends mean. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.moments import iso, seconds
from batchwright_runner.contract.options import ASKED_BY, BACKFILL_ID, RUN, SCHEDULED, STARTED_BY
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.variables import BACKFILL
from batchwright_runner.contract.verdicts import PREFIX, ROWS, Row, Verdict, named

RUNNING, TIMED_OUT = "RUNNING", "TIMED_OUT"
WAITING = "WAITING"
"""The status of a run whose machine has no task just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of a machine."""

    arn: str
    # ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT``, ``ABORTED``
    status: str
    # When it was started, in seconds since 1970
    started: float = 0.0
    # When it ended; 0 while it has not
    stopped: float = 0.0
    # The name of its failure; empty where there is none, or it is not known
    error: str = ""
    cause: str = ""
    # The time for which it was due, as its input says; empty where that is not known
    scheduled: str = ""
    # The id of the backfill that it belongs to, from its input; empty for none
    backfill: str = ""
    # The id of a workflow's run, as its input says it; its name where that says none
    run_id: str = ""
    # The ARN of the execution that has started it; empty for none
    parent: str = ""
    # The ARN of the task with which a batch's ended, as its output or its failure says; empty where neither does
    task: str = ""
    # How often it was redriven after an end
    redrives: int = 0
    # Its whole input; empty where that is not known
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name: the run's id."""
        return self.arn.rpartition(":")[2]

    @property
    def asked_by(self) -> str:
        """Who has started a workflow's run, for people: its id, where neither that nor its input names them."""
        return str(self.given.get(ASKED_BY) or who_started(self.backfill or self.run_id))

    @property
    def started_by(self) -> str:
        """The same; a schedule of AWS, where nothing names them."""
        return AWS if self.asked_by == self.run_id else self.asked_by

    @property
    def due(self) -> str:
        """The time that a workflow's steps are given: for which it was due, else when it began."""
        return self.scheduled if self.scheduled.strip() else iso(self.started, "milliseconds")

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Reads DescribeExecution's answer, an entry of ListExecutions', or an event's detail.

        An event has its moments in milliseconds (Step Functions developer guide, "Automating event delivery", 2026-11).
        """
        redrives = answer.get("redriveCount")
        whole = object_or_empty(answer.get("input"))
        texts = {name: text for name, text in whole.items() if isinstance(text, str)}
        return cls(
            arn=str(answer["executionArn"]),
            status=str(answer["status"]),
            started=_moment(answer.get("startDate")),
            stopped=_moment(answer.get("stopDate")),
            error=str(answer.get("error") or ""),
            cause=str(answer.get("cause") or ""),
            scheduled=texts.get(SCHEDULED, ""),
            backfill=texts.get(BACKFILL_ID) or texts.get(BACKFILL, ""),
            run_id=texts.get(RUN) or str(answer["executionArn"]).rpartition(":")[2],
            parent=texts.get(STARTED_BY, ""),
            task=str((object_or_empty(answer.get("output")) or object_or_empty(answer.get("cause"))).get("task") or ""),
            redrives=redrives if isinstance(redrives, int) else 0,
            given=whole,
        )

    @property
    def said(self) -> Mapping[str, Any]:
        """What a machine of ours says of its failure: batch, run, attempt, task and why; empty for any other cause."""
        return object_or_empty(self.cause)

    @property
    def why(self) -> str:
        """Why it has ended; its own failures say it as JSON."""
        return str(self.said.get("why", "")) or self.cause


def _moment(value: object) -> float:
    at = seconds(value)
    return at / 1000 if at > 1e11 else at


def known_execution(subject: Manifest, execution: Execution) -> Attempt:
    """An execution as an attempt of its run."""
    running = execution.status == RUNNING
    times = {"createdAt": execution.started} | ({} if running else {"stoppedAt": execution.stopped})
    state = TaskState(status=WAITING if running else "STOPPED", ended=not running, reason=execution.why, times=times)
    return Attempt(
        subject,
        execution.arn,
        execution.name,
        state,
        execution.started,
        in_ecs=False,
        execution=execution.arn,
        known_verdict=None if running else verdict_of(execution),
        scheduled=execution.scheduled,
        backfill=execution.backfill,
    )


def verdict_of(execution: Execution) -> Verdict:
    """What the end of an execution means."""
    row, code = _row_of(execution)
    facts = ROWS[row]
    why = execution.why or execution.error or execution.status
    return Verdict(row, code, f"{facts.phrase} ({why})", facts.again if row is not Row.NO_RESULT else "ask")


def _row_of(execution: Execution) -> tuple[Row, int]:
    """The row and the exit code that the end of an execution stands for."""
    if execution.status == "SUCCEEDED":
        return Row.OWN, 0
    if execution.status == TIMED_OUT:
        return named(f"{PREFIX}Timeout")
    if execution.status == "ABORTED":
        return named(f"{PREFIX}Stopped")
    return named(execution.error)
