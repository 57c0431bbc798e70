"""Executes a workflow's machine, whose steps are executions that end as a script says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright.workflows.workflow_machine import WorkflowFacts, workflow_machine
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from batchwright_runner.contract.workflows.structure import Structure
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import AsksFunction, iso
from tests.kit.state_machine import AbortedError, Clock, Ended, Execution, TaskError
from tests.library.automation.support import FUNCTION

MACHINES = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-"
PARENT = f"{MACHINES.replace('stateMachine', 'execution')}nightly:9f1c"
TAKES = 60.0
"""Seconds that a step takes."""


@dataclass
class Child:
    """An execution that a workflow has started.

    Attributes:
        arn: Its ARN.
        step: Its step.
        started: When, in seconds since 1970.
        given: Its input.
        ends: When it ends.
        error: The error of its end; empty for a success.
    """

    arn: str
    step: str
    started: float
    given: Mapping[str, Any]
    ends: float
    error: str


@dataclass
class ScriptedSteps(AsksFunction):
    """The calls of a workflow's machine.

    Attributes:
        clock: The time.
        errors: Step to the error of its end; a step that is not named succeeds. ``TIMED_OUT`` and ``ABORTED`` are
            ends without an error.
        lasts: Step to seconds that it takes.
        lost: Step to how often the answer of its start is lost, at once, while its execution goes on.
        refused: Step to how often its start is refused.
        joins: Whether a second start of the same name and input joins the first while that runs. AWS's pages say so of
            StartExecution; of a Task that waits for its end it has not been measured.
        stopped_at: When the whole is stopped; none where it is not.
        pause: The text of the pause's record; empty for none.
        executions: Other executions of the machine, as ListExecutions shows them.
        before: Called before each call.
        before_answer: Called with each question before the stage's function has it; it may raise.
        record: The workflow as it is deployed now; none where it is not.
    """

    clock: Clock = field(default_factory=Clock)
    errors: Mapping[str, str] = field(default_factory=dict)
    lasts: Mapping[str, float] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    joins: bool = True
    stopped_at: float | None = None
    pause: str = ""
    executions: list[dict[str, Any]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    before_answer: Callable[[Mapping[str, Any]], None] = lambda _: None
    record: WorkflowManifest | None = None
    children: dict[str, Child] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Answers a call."""
        del timeout
        self.before()
        self.calls.append((resource, arguments))
        if resource == "lambda:invoke":
            return self._invoke(arguments["Payload"])
        answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "states:startExecution.sync:2": self._start,
            "sfn:describeExecution": self._describe,
            "sfn:listExecutions": self._list,
            "ssm:getParameters": self._parameters,
        }
        return answers[resource](arguments)

    def _parameters(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        values = {"manifests": self.record.to_json() if self.record else "", "paused": self.pause}
        found = {name: values.get(name.split("/")[3], "") for name in arguments["Names"]}
        return {"Parameters": [{"Name": name, "Value": value} for name, value in found.items() if value]}

    def _start(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        machine, given = arguments["StateMachineArn"], dict(arguments["Input"])
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{arguments['Name']}"
        step = arguments["Name"][:-33]
        if self.stopped_at is not None and self.clock.now >= self.stopped_at:
            raise AbortedError
        if self.refused.get(step, 0) > 0:
            self.refused[step] -= 1
            raise TaskError("StepFunctions.ThrottlingException", "Rate exceeded")
        child = self.children.get(arn)
        if child is None:
            error, ends = self.errors.get(step, ""), self.clock.now + self.lasts.get(step, TAKES)
            child = self.children[arn] = Child(arn, step, self.clock.now, given, ends, error)
        elif not self.joins or child.ends <= self.clock.now or child.given != given:
            raise TaskError("StepFunctions.ExecutionAlreadyExistsException", f"Execution Already Exists: '{arn}'")
        if self.lost.get(step, 0) > 0:
            self.lost[step] -= 1
            raise TaskError("StepFunctions.SdkClientException", "Unable to execute HTTP request")
        if self.stopped_at is not None and child.ends > self.stopped_at:
            self.clock.now = self.stopped_at
            raise AbortedError
        self.clock.now = child.ends
        if child.error:
            raise TaskError("States.TaskFailed", json.dumps(self._shown(child))[:32_768])
        return {**self._shown(child), "Output": {"code": 0}}

    def _describe(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        arn = arguments["ExecutionArn"]
        for other in self.executions:
            if other["ExecutionArn"] == arn:
                return {"Status": "RUNNING", "Input": "{}", **other}
        if arn not in self.children:
            raise TaskError("Sfn.ExecutionDoesNotExistException", f"Execution Does Not Exist: '{arn}'")
        return self._shown(self.children[arn])

    def _shown(self, child: Child) -> dict[str, Any]:
        shown = {"ExecutionArn": child.arn, "Input": json.dumps(child.given), "StartDate": iso(child.started)}
        if child.ends > self.clock.now:
            return {**shown, "Status": "RUNNING"}
        if child.error in ("TIMED_OUT", "ABORTED"):
            return {**shown, "Status": child.error}
        if child.error:
            return {**shown, "Status": "FAILED", "Error": child.error, "Cause": "x" * 2000}
        return {**shown, "Status": "SUCCEEDED"}

    def _list(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        shown = [{"Status": "RUNNING", **execution} for execution in self.executions]
        shown = [execution for execution in shown if execution["Status"] == arguments["StatusFilter"]]
        return {"Executions": shown}

    @property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """The steps that were started at each moment, in the order of their names."""
        moments = sorted({child.started for child in self.children.values()})
        return tuple(
            tuple(sorted(child.step for child in self.children.values() if child.started == moment))
            for moment in moments
        )


def facts(structure: Structure, manifests: Mapping[str, BatchManifest] | None = None, **changes: Any) -> WorkflowFacts:  # noqa: ANN401 - any field
    """A workflow of these steps."""
    about = {"project": "batches", "stage": "staging", "name": "nightly", "owner": "sre"}
    given = {**about, "machine": f"{MACHINES}nightly", **changes}
    batches = {step.batch for step in structure.all_steps}
    return WorkflowFacts(
        record=WorkflowManifest(steps=structure.steps, always=structure.always, **given),
        batches={batch: (manifests or {}).get(batch) or sample_manifest(batch=batch) for batch in batches},
        machines=MACHINES,
        function=FUNCTION,
    )


def execute(
    structure: Structure,
    steps: ScriptedSteps,
    given: Any = None,  # noqa: ANN401 - JSON
    *,
    evaluates: Any = None,  # noqa: ANN401 - what evaluates an expression
    manifests: Mapping[str, BatchManifest] | None = None,
    **changes: Any,  # noqa: ANN401 - any field
) -> Ended:
    """Executes a workflow's machine."""
    declared = facts(structure, manifests, **changes)
    machine = workflow_machine(declared)
    steps.record = steps.record or declared.record
    more = {"evaluates": evaluates} if evaluates else {}
    return Execution(machine, steps, steps.clock, "9f1c", f"{MACHINES}nightly", **more).run(given)


def child_arn(step: str) -> str:
    """The ARN of a step's execution, as the runner computes it."""
    return f"{MACHINES.replace('stateMachine', 'execution')}{step}:{child_name(step, PARENT)}"


def error_of(row: Row, code: int) -> str:
    """The error that a step's machine ends with; empty for a success."""
    return "" if (row, code) == (Row.OWN, 0) else name(row, code)
