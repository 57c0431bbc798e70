"""The state machine of one workflow, as Amazon States Language: a pure function of its structure.

Order is all that it keeps: chains, groups, and a state that starts each step's machine under a name that is computed.
What is a rule it asks of the stage's function: `batchwright_runner.contract.machines.workflow`.

What has happened goes from state to state as data, ``{"ends": [{"step", "error"}], "next"}``: a branch may not assign a
variable that is assigned outside of it. No step fails its branch, which would abort its siblings: what cannot be known
is an end, too, and stands there until the function has said more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from batchwright.automation.machine import CAUGHT, State, ask, path, tell
from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.machines import figures
from batchwright_runner.contract.machines.workflow import failure_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE
from batchwright_runner.contract.workflows.structure import Chain, ParallelGroup, WorkflowStep, steps_of

States = dict[str, State]
_SUM = "Sum up"
_LAST = "Sum up before the last"
_UNKNOWN = name(Row.NO_RESULT, 0)
_BEGIN: Mapping[str, Any] = {"ends": []}
"""The data before the first step of a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFacts:
    """A workflow, its steps' batches, and what its machine calls. The strings may be CDK tokens."""

    record: WorkflowManifest
    batches: Mapping[str, BatchManifest]
    # How the ARNs of its batches' machines begin; their names follow
    machines: str
    # ARN of the stage's function
    function: str
    # Seconds that a run waits for another one's end at most
    wait_seconds: int = figures.WORKFLOW_WAIT
    # Whether the stage has alerts, which a failure is handed to
    alerts: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


def workflow_machine(facts: WorkflowFacts) -> dict[str, Any]:
    """The definition."""
    record, chains = facts.record, _Chains()
    after = _LAST if record.always else _SUM
    last, always = chains.in_turn(record.always, _SUM)
    first, steps = chains.chain(record.steps, after, after)
    names = {
        "steps": [step.name for step in steps_of(record.steps)],
        "always": [step.name for step in record.always],
        "ignored": [step.name for step in record.all_steps if step.on_failure == "ignore"],
    }
    return {
        "Comment": f"batchwright: workflow {record.name} of {record.project}, {record.stage}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": whole_seconds(facts),
        "StartAt": "Begin",
        "States": {
            **_begin(facts, first, names),
            **steps,
            **(_before_the_last(last, names) if record.always else {}),
            **always,
            **_sum(_SUM, names, "Is all well?"),
            **_ends(facts),
        },
    }


def whole_seconds(facts: WorkflowFacts) -> int:
    """Seconds after which a run is ended at last: those of its longest chain, what always runs, and an hour. Pure."""

    def longest(chain: Chain) -> int:
        return sum(
            figures.whole_seconds(facts.batches[item.batch])
            if isinstance(item, WorkflowStep)
            else max(map(longest, item.branches))
            for item in chain
        )

    waits = facts.wait_seconds if facts.record.at_once.waits else 0
    return min(figures.LONGEST, longest(facts.record.steps) + longest(facts.record.always) + waits + 3600)


def _begin(facts: WorkflowFacts, first: str, names: Mapping[str, Sequence[str]]) -> States:
    record = facts.record
    never, unknown = (
        failure_of(record.name, record.stage, "", row, why)
        for row, why in (
            (Row.NEVER_STARTED, "the function that is asked before a start did not answer"),
            (Row.NO_RESULT, "the function's answer is not known to this machine"),
        )
    )
    memo = {"protocol": figures.PROTOCOL, "lost": {"error": never.error, "cause": never.cause}}
    told = {"error": path("plan.error"), "cause": path("plan.cause")}
    started = {"Condition": path("plan.next = 'start'"), "Output": dict(_BEGIN), "Next": first}
    held = {"Condition": path("plan.next = 'wait'"), "Next": "Hold"}
    failed = {"Condition": path("plan.next = 'fail'"), "Assign": told, "Next": "Fail"}
    question = {"steps": [*names["steps"], *names["always"]], "longest": facts.wait_seconds, "memo": path("memo")}
    lost = {"error": path("memo.lost.error"), "cause": path("memo.lost.cause")}
    return {
        "Begin": {
            "Type": "Wait",
            "Seconds": figures.APPEARS_SECONDS,
            "Assign": {
                "memo": memo,
                "machines": facts.machines,
                "function": facts.function,
                "error": unknown.error,
                "cause": unknown.cause,
            },
            "Next": "Plan",
        },
        "Plan": {
            **ask(path("function"), "plan", tries=figures.GATE_TRIES, **question),
            "Catch": [{"ErrorEquals": [error], "Assign": lost, "Next": "Fail"} for error in CAUGHT],
            "Assign": {"plan": path("states.result.Payload"), "memo": path("states.result.Payload.memo")},
            "Next": "Start?",
        },
        "Start?": {"Type": "Choice", "Choices": [started, held, failed], "Default": "Fail"},
        "Hold": {"Type": "Wait", "Seconds": path("plan.seconds"), "Next": "Plan"},
    }


def _sum(state: str, names: Mapping[str, Sequence[str]], following: str) -> States:
    """What the ends mean so far; the data goes on as it is."""
    lost = {"error": path("memo.lost.error"), "cause": path("memo.lost.cause")}
    question = ask(path("function"), "sum", tries=figures.JUDGE_TRIES, **names, ends=path("states.input.ends"))
    return {
        state: {
            **question,
            "Catch": [{"ErrorEquals": [error], "Assign": lost, "Next": "Fail"} for error in CAUGHT],
            "Assign": {"sum": path("states.result.Payload")},
            "Output": path("states.input"),
            "Next": following,
        }
    }


def _before_the_last(last: str, names: Mapping[str, Sequence[str]]) -> States:
    """The steps that always run do so once a step has begun."""
    run = "Do the last steps run?"
    return {**_sum(_LAST, names, run), run: _choice({"$sum.begun": {"Next": last}}, "Is all well?")}


def _ends(facts: WorkflowFacts) -> States:
    told = {"error": path("sum.error"), "cause": path("sum.cause")}
    failed = {"Condition": path("sum.next = 'fail'"), "Assign": told, "Next": "Fail"}
    well = {"Condition": path("sum.next = 'ok'"), "Next": "Succeed"}
    end = {"Type": "Fail", "Error": path("error"), "Cause": path("cause")}
    return {
        "Is all well?": {"Type": "Choice", "Choices": [well, failed], "Default": "Fail"},
        "Succeed": {"Type": "Succeed", "Output": {"code": 0, "ends": path("sum.ends")}},
        **({"Fail": tell(StageNames.of(facts.record), "Failed"), "Failed": end} if facts.alerts else {"Fail": end}),
    }


@dataclass(frozen=True, slots=True)
class _Chains:
    """Makes the states of chains."""

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
            own = self._step(step, following, more=f"{{ '{FAILED_VARIABLE}': $sum.failed }}")
            following = next(iter(own))
            states = {**own, **states}
        return following, states

    def _group(self, group: ParallelGroup, following: str, halted: str) -> States:
        number = next(self._numbers)
        after, first = f"After group {number}", next(steps_of((group,))).name
        unknown = {"ends": _with(first, _UNKNOWN), "next": "halt"}
        return {
            f"Group {number}": {
                "Type": "Parallel",
                "Arguments": dict(_BEGIN),
                "Branches": [self._branch(branch, f"{number}.{at}") for at, branch in enumerate(group.branches, 1)],
                "Output": {
                    "ends": "{% [$states.input.ends, $states.result.ends] %}",
                    "next": "{% 'halt' in $states.result.next ? 'halt' : 'on' %}",
                },
                "Catch": [{"ErrorEquals": [error], "Output": unknown, "Next": after} for error in CAUGHT],
                "Next": after,
            },
            after: _choice({"$states.input.next = 'halt'": {"Next": halted}}, following),
        }

    def _branch(self, branch: Chain, number: str) -> dict[str, Any]:
        end = f"End of branch {number}"
        first, states = self.chain(branch, end, end)
        return {"StartAt": first, "States": {**states, end: {"Type": "Pass", "End": True}}}

    def _step(self, step: WorkflowStep, following: str, halted: str = "", more: str = "") -> States:
        """The states of a step, the first one first.

        `halted`: the state after a failure that halts its chain; empty where none does.
        """
        runs, look, wait = (f"{word} {step.name}" for word in ("Runs", "End of", "Wait for"))
        over = "halt" if halted else "over"
        caught = f"{{% $merge([$states.input, {{ 'error': $states.errorOutput.Error, 'next': '{over}' }}]) %}}"
        choices: States = {
            "$states.input.next = 'again'": {"Next": wait},
            **({"$states.input.next = 'halt'": {"Next": halted}} if halted else {}),
            "$states.input.next = 'over'": {"Output": {"ends": path("states.input.ends")}, "Next": following},
            f"$exists($plan.names.`{step.name}`)": {"Output": {"ends": _with(step.name, _UNKNOWN)}, "Next": step.name},
        }
        asked = ask(
            path("function"),
            "step",
            tries=figures.JUDGE_TRIES,
            execution={"Id": path("states.context.Execution.Id")},
            step=step.name,
            batch=step.batch,
            **({"stops": True} if halted else {}),
            data=path("states.input"),
        )
        return {
            runs: _choice(choices, following),
            step.name: {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Arguments": {
                    "StateMachineArn": path(f"machines & '{step.batch}'"),
                    "Name": path(f"plan.names.`{step.name}`"),
                    "Input": _input(step, more),
                },
                "Output": {"ends": _with(step.name, "")},
                "Catch": [{"ErrorEquals": [error], "Output": caught, "Next": look} for error in CAUGHT],
                "Next": following,
            },
            look: {
                **asked,
                "Output": path("states.result.Payload.data"),
                "Catch": [{"ErrorEquals": [error], "Output": path("states.input"), "Next": runs} for error in CAUGHT],
                "Next": runs,
            },
            wait: {"Type": "Wait", "Seconds": figures.JOIN_SECONDS, "Next": step.name},
        }


def _input(step: WorkflowStep, more: str) -> str:
    """What a step's machine is given. It passes over options of the run that its batch does not have."""
    own = [compact(dict(step.options)).replace("%}", "\\u0025}")] if step.options else []
    parts = [*own, *([more] if more else [])]
    return f"{{% $merge([$plan.handed, {', '.join(parts)}]) %}}" if parts else path("plan.handed")


def _with(step: str, error: str) -> str:
    """The ends with one more, which counts. A list in ``[…]`` is as its items, if it is not written out there."""
    return f"{{% [$states.input.ends, {{ 'step': '{step}', 'error': '{error}' }}] %}}"


def _choice(following: Mapping[str, State], otherwise: str) -> State:
    choices = [{"Condition": f"{{% {held} %}}", **rule} for held, rule in following.items()]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}
