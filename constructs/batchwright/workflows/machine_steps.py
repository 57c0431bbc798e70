"""The steps of a workflow's machine: chains and groups of states, made of the workflow's structure. Pure.

A step is a state that starts its batch's machine and waits for its end. Only a success is believed. Whatever else it
answers, the execution is looked at, whose name is known: of one that has ended its own error counts, and one that runs
or is not there is started again under its name, which joins it and never starts a second one.

What has happened goes from state to state as data, ``{"ends": [{"step", "end"}], "seen", "halt", "tries"}``, of which
the ends are always there, in declared order: a branch may not assign a variable that is assigned outside of it. An end
is what Step Functions says of an execution, its error or its status, and has about 100 bytes;
`batchwright.workflows.workflow_machine` gives it its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from batchwright.workflows import machine_policy as policy
from batchwright.workflows.jsonata import expression, literal
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE
from batchwright_runner.contract.workflows.structure import Chain, ParallelGroup, WorkflowStep, steps_of

States = dict[str, dict[str, Any]]

BEGIN: Mapping[str, Any] = {"ends": []}
"""The data before the first step of a chain."""
SUCCEEDED, PASSED_OVER = "SUCCEEDED", "PASSED_OVER"
"""The ends of steps that are done; the second is of one that was done before."""
OPEN = ("", "RUNNING", "PENDING_REDRIVE")
"""What is no end: there is no execution, or it goes on. The variable ``$open``."""
_CAUGHT = (policy.TOO_LARGE, "States.ALL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """Makes the states of a workflow's chains."""

    batches: Mapping[str, BatchManifest]
    options: Sequence[RunOption]
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def chain(self, chain: Chain, following: str, halted: str) -> tuple[str, States]:
        """The first state of a chain, and all its states."""
        states: States = {}
        for item in reversed(chain):
            if isinstance(item, WorkflowStep):
                own = self._step(item, following, halted if item.on_failure == "stop" else "")
            else:
                own = self._group(item, following, halted)
            following = next(iter(own))
            states = {**own, **states}
        return following, states

    def in_turn(self, steps: Sequence[WorkflowStep], following: str) -> tuple[str, States]:
        """The same for the steps that always run, each whatever has become of the one before."""
        states: States = {}
        for step in reversed(steps):
            own = self._step(step, following, more=f"{{ '{FAILED_VARIABLE}': $failed }}")
            following = next(iter(own))
            states = {**own, **states}
        return following, states

    def _group(self, group: ParallelGroup, following: str, halted: str) -> States:
        number = next(self._numbers)
        after = f"After group {number}"
        unknown = _end(next(steps_of((group,))).name, "''", halts=True)
        return {
            f"Group {number}": {
                "Type": "Parallel",
                "Arguments": dict(BEGIN),
                "Branches": [self._branch(branch, f"{number}.{at}") for at, branch in enumerate(group.branches, 1)],
                "Output": {
                    "ends": expression("[$states.input.ends, $states.result.ends]"),
                    "halt": expression("true in $states.result.halt"),
                },
                "Catch": [{"ErrorEquals": [error], "Output": unknown, "Next": after} for error in _CAUGHT],
                "Next": after,
            },
            after: {"Type": "Choice", "Choices": [_rule("$states.input.halt", halted)], "Default": following},
        }

    def _branch(self, branch: Chain, number: str) -> dict[str, Any]:
        end = f"End of branch {number}"
        first, states = self.chain(branch, end, end)
        return {"StartAt": first, "States": {**states, end: {"Type": "Pass", "End": True}}}

    def _step(self, step: WorkflowStep, following: str, halted: str = "", more: str = "") -> States:
        """The states of a step, the first one first.

        `halted`: the state after a failure that halts its chain; empty where none does.
        """
        done, look, wait = f"Is {step.name} done?", f"Look at {step.name}", f"Wait for {step.name}"
        child = f"$children.`{step.name}`"
        failed = f"$states.input.($exists(seen) and seen != '{SUCCEEDED}')"
        return {
            done: {
                "Type": "Choice",
                "Choices": [
                    _rule(f"$not($exists($states.input.seen) or $exists($done.`{step.name}`))", step.name),
                    _rule(
                        f"$states.input.(seen in $open and $not(tries = {policy.JOINS}))",
                        wait,
                        expression("$states.input.$merge([$, { 'tries': $sum([tries, 1]) }])"),
                    ),
                    *([_rule(failed, halted, _end(step.name, "seen", halts=True))] if halted else []),
                    _rule("true", following, _end(step.name, f"$exists(seen) ? seen : '{PASSED_OVER}'")),
                ],
            },
            step.name: {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Arguments": {
                    "StateMachineArn": expression(f"$machines & '{step.batch}'"),
                    "Name": expression(child),
                    "Input": expression(self._input(step, more)),
                },
                "Output": _seen(f"'{SUCCEEDED}'"),
                "Catch": [
                    {"ErrorEquals": [error], "Output": expression("$states.input"), "Next": look} for error in _CAUGHT
                ],
                "Next": done,
            },
            look: {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
                "Arguments": {"ExecutionArn": expression(f"$executions & '{step.batch}:' & {child}")},
                "TimeoutSeconds": policy.LOOK_SECONDS,
                "Output": _seen("$states.result.($exists(Error) ? Error : Status)"),
                "Catch": [{"ErrorEquals": [error], "Output": _seen("''"), "Next": done} for error in _CAUGHT],
                "Next": done,
            },
            wait: {"Type": "Wait", "Seconds": policy.JOIN_SECONDS, "Next": step.name},
        }

    def _input(self, step: WorkflowStep, more: str) -> str:
        """What a step's machine is given, as an expression."""
        declared = {option.name for option in self.batches[step.batch].options}
        handed = [option.name for option in self.options if option.name in declared]
        parts = [
            *([literal(dict(step.options))] if step.options else []),
            *([f"$options.{{ {', '.join(f'{literal(name)}: {name}' for name in handed)} }}"] if handed else []),
            *([more] if more else []),
        ]
        return f"$merge([$handed, {', '.join(parts)}])" if parts else "$handed"


def _rule(condition: str, following: str, output: str | dict[str, Any] = "") -> dict[str, Any]:
    """A choice that hands on other data where it holds."""
    return {"Condition": expression(condition)} | ({"Output": output} if output else {}) | {"Next": following}


def _end(step: str, end: str, *, halts: bool = False) -> str:
    """The data with the end of a step. A list in ``[…]`` is as its items, if it is not written out there."""
    more = ", 'halt': true" if halts else ""
    return expression(f"$states.input.{{ 'ends': [ends, {{ 'step': '{step}', 'end': {end} }}]{more} }}")


def _seen(end: str) -> str:
    """The data with what was seen of a step: an expression that gives its end, or one of `OPEN`."""
    return expression(f"$merge([$states.input, {{ 'seen': {end} }}])")
