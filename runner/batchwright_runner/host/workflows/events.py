"""What the history of a workflow's execution shows of its steps. Pure.

A step is an execution of its batch's machine, called as `batchwright_runner.contract.workflows.names.child_name` says.
The history shows each request for one (``TaskScheduled``), and how the request ended. Where that was no success,
the step may go on all the same, and Step Functions is asked about it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from batchwright_runner.contract.executions import Execution, verdict_of
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.contract.workflows.names import step_of
from batchwright_runner.contract.workflows.rules import RUNNING, StepState
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.host.runs.workflow_end import StepEnd

NO_MORE: Mapping[str, Any] = MappingProxyType({})
_STEP_FAILED = frozenset({"TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed"})
_OVER = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
"""Types of events (Step Functions API reference, HistoryEvent, 2026-11)."""


@dataclass(slots=True)
class Child:
    """The execution that runs a step."""

    step: str
    arn: str
    machine: str
    # When it was asked for first, in seconds since 1970
    began: float
    # When the workflow's machine saw its end; none while it has not
    over: float | None = None
    succeeded: bool = False

    @property
    def name(self) -> str:
        """The execution's name."""
        return self.arn.rpartition(":")[2]

    def end(
        self,
        batch: str,
        execution: Execution | None,
        verdict: Verdict | None = None,
        extra: Mapping[str, Any] = NO_MORE,
    ) -> StepEnd:
        """What has become of it."""
        verdict = verdict or (verdict_of(execution) if execution is not None else None)
        return StepEnd(
            step=WorkflowStep(name=self.step, batch=batch),
            state=RUNNING if verdict is None else StepState.of(verdict.row, verdict.code),
            verdict=verdict,
            seconds=max(0.0, execution.stopped - self.began) if execution is not None and execution.stopped else None,
            extra={"execution": self.arn, **extra},
        )


class ExecutionHistory:
    """The history of an execution, as far as it was read.

    `last`: the number of the last event that was read; 0 for none.
    """

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._steps: dict[int, str] = {}
        self.children: dict[str, Child] = {}
        self.over = False
        self.last = 0

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Learns from further events, the oldest first."""
        for event in events:
            number, kind = int(event["id"]), str(event["type"])
            if number <= self.last:
                continue
            self.last = number
            self.over = self.over or kind in _OVER
            if kind == "TaskScheduled":
                self._scheduled(number, event)
            elif kind.startswith("Task"):
                self._went_on(number, kind, event)

    def _scheduled(self, number: int, event: Mapping[str, Any]) -> None:
        details = event.get("taskScheduledEventDetails") or {}
        try:
            request = json.loads(str(details.get("parameters", "")))
            name, machine = str(request["Name"]), str(request["StateMachineArn"])
        except (ValueError, KeyError, TypeError):
            return
        step = step_of(name, self._parent)
        if not step:
            return
        self._steps[number] = step
        child = self.children.get(step)
        if child is None:
            at = seconds(event["timestamp"])
            self.children[step] = Child(step, execution_arn(machine, name), machine, at)
        else:
            child.over = None  # it is asked for again, which joins it

    def _went_on(self, number: int, kind: str, event: Mapping[str, Any]) -> None:
        step = self._steps.get(int(event.get("previousEventId", 0)))
        if step is None:
            return
        self._steps[number] = step
        if kind == "TaskSucceeded" or kind in _STEP_FAILED:
            child = self.children[step]
            child.over, child.succeeded = seconds(event["timestamp"]), kind == "TaskSucceeded"
