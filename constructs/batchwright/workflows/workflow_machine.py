"""The state machine of one workflow, as Amazon States Language: a pure function of its record and its batches.

It is made of the structure that `batchwright_runner.contract.workflows.rules` decides by, and held to the same table.
Its first parts are those of a batch's machine, `intake` and `gate`; then come the steps, `steps`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright.workflows import machine_gate as gate
from batchwright.workflows import machine_intake as intake
from batchwright.workflows import machine_policy as policy
from batchwright.workflows.jsonata import among, block, day, expression, literal, or_else
from batchwright.workflows.machine_steps import BEGIN, OPEN, PASSED_OVER, SUCCEEDED, Chains, States
from batchwright_runner.contract.machines.figures import whole_seconds as whole_seconds_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import ASKED_BY, BACKFILL_ID, DONE, RUN, SCHEDULED, STARTED_BY
from batchwright_runner.contract.variables import BACKFILL, SCHEDULED_DATE
from batchwright_runner.contract.verdicts import PREFIX, Row, name
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.rules import NOT_BEGUN, StepStatus
from batchwright_runner.contract.workflows.structure import Chain, WorkflowStep

_BEGIN = "Begin the steps"
_LAST = "Has a step begun?"
_JUDGE = "Judge the steps"
_WELL = name(Row.OWN, 0)
NAMES = {
    SUCCEEDED: "",
    PASSED_OVER: "",
    "TIMED_OUT": name(Row.TIMEOUT, 0),
    "ABORTED": name(Row.STOPPED_BY_OTHERS, 0),
}
"""End to its name, where it is no name of ours; any other is no result. The variable ``$named``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFacts:
    """A workflow, and the machines of its steps. The strings may be CDK tokens."""

    record: WorkflowManifest
    batches: Mapping[str, BatchManifest]
    # How the ARNs of its batches' machines begin; their names follow
    machines: str
    # The SSM parameter that is there while it is paused
    paused: str
    # Seconds that a run waits for another one's end at most
    wait_seconds: int = policy.WORKFLOW_WAIT
    tags: Mapping[str, str] = field(default_factory=dict)


def workflow_machine(facts: WorkflowFacts) -> dict[str, Any]:
    """The definition."""
    record = facts.record
    chains = Chains(batches=facts.batches, options=record.options)
    last, always = chains.in_turn(record.always, _JUDGE)
    after = _LAST if record.always else _JUDGE
    first, steps = chains.chain(record.steps, after, after)
    in_the_way = gate.Gate(paused=facts.paused, at_once=record.at_once, longest=facts.wait_seconds)
    return {
        "Comment": f"batchwright: workflow {record.name} of {record.project}, {record.stage}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": whole_seconds(facts),
        "StartAt": intake.FIRST,
        "States": {
            **_input(facts),
            **gate.states_of_workflow(in_the_way, following=_BEGIN),
            _BEGIN: {"Type": "Pass", "Output": dict(BEGIN), "Next": first},
            **steps,
            **(_before_the_last(record, last) if record.always else {}),
            **always,
            **_ends(record),
        },
    }


def whole_seconds(facts: WorkflowFacts) -> int:
    """Seconds after which a run is ended at last: those of its longest chain, what always runs, and an hour. Pure."""

    def longest(chain: Chain) -> int:
        return sum(
            whole_seconds_of(facts.batches[item.batch])
            if isinstance(item, WorkflowStep)
            else max(map(longest, item.branches))
            for item in chain
        )

    waits = facts.wait_seconds if facts.record.at_once.waits else 0
    return min(policy.LONGEST, longest(facts.record.steps) + longest(facts.record.always) + waits + 3600)


def _input(facts: WorkflowFacts) -> States:
    record = facts.record
    given = f"$states.input.{SCHEDULED}"
    due = f"($trim({given}) != '' ? {given} : $states.context.Execution.StartTime)"
    done, backfill = f"$given.{DONE}", f"$states.input.{BACKFILL_ID}"
    of_backfill = f"$exists({backfill}) ? {{ '{BACKFILL}': {backfill} }} : {{}}"
    names = [option.name for option in record.options]
    texts = [f"$trim($states.input.{name}) != '' ? {{ '{name}': $states.input.{name} }} : {{}}" for name in names]
    handed = {
        SCHEDULED: "$due",
        SCHEDULED_DATE: day("$due", record.zone),
        STARTED_BY: "$states.context.Execution.Id",
    }
    pairs = ", ".join(f"'{key}': {value}" for key, value in handed.items())
    child = "$ & '-' & $substring($hash($states.context.Execution.Id & '/' & $, 'SHA-256'), 0, 32)"
    steps = among("$", [step.name for step in record.all_steps])
    reasons = f"$each({done}, function($why) {{ $type($why) }})[$ != 'string']"
    listed = f"$type({done}) = 'object' ? $count($keys({done})[$not{steps}]) + $count({reasons}) = 0 : false"
    return intake.checked(
        or_else(f"$states.input.{RUN}", "$states.context.Execution.Name"),
        intake.problem(
            record.options,
            [
                (RUN, f"$type($given.{RUN}) != 'string'", "is not a text: allowed is a run's id"),
                (DONE, f"$not({listed})", "is not right: allowed is an object of steps, each with why it is done"),
                (ASKED_BY, f"$type($given.{ASKED_BY}) != 'string'", "is not a text: allowed is who runs it again"),
                (BACKFILL_ID, f"$type($given.{BACKFILL_ID}) != 'string'", "is not a text: allowed is a backfill's id"),
            ],
        ),
        {
            "handed": expression(block(f"$due := {due}", f"$merge([{{ {pairs} }}, {of_backfill}])")),
            # A run again and one of a backfill are for a time that another one may have had.
            "dueTime": expression(f"$exists($states.input.{DONE}) or $exists({backfill}) ? '' : {or_else(given)}"),
            "options": expression(f"$merge([{{}}, {', '.join(f'({text})' for text in texts)}])") if texts else {},
            "done": expression(or_else(f"$states.input.{DONE}", "{}")),
            "open": expression(literal(OPEN)),
            "named": expression(literal(NAMES)),
            "machines": facts.machines,
            "executions": facts.machines.replace(":stateMachine:", ":execution:"),
            "children": expression(f"$merge({literal([step.name for step in record.all_steps])}.{{ $: {child} }})"),
            "ends": [],
        },
        following=gate.FIRST,
    )


def _ends_named() -> str:
    """The ends of the steps with their names, as an expression: a success has none."""
    own = f"$substring($end, 0, {len(PREFIX)}) = '{PREFIX}' ? $end : '{name(Row.NO_RESULT, 0)}'"
    error = f"($end := end; $known := $lookup($named, $end); $exists($known) ? $known : {own})"
    return f"[$states.input.ends.{{ 'step': step, 'end': end, 'error': {error} }}]"


def _counting(record: WorkflowManifest) -> str:
    """Whether an end is a failure that counts, as a condition of a filter on ends."""
    ignored = [step.name for step in record.all_steps if step.on_failure == "ignore"]
    return f"error != '' and $not({among('step', ignored)})"


def _begun() -> str:
    """Whether a step had begun, likewise."""
    return f"$not({among('error', sorted(name(row, 0) for row in NOT_BEGUN))})"


def _any_begun() -> str:
    """Whether one of the steps had begun: in this run, or in one before, which may have done steps not come to yet."""
    return f"($exists($keys($done)) or $exists($ends[{_begun()}]))"


def _before_the_last(record: WorkflowManifest, last: str) -> States:
    return {
        _LAST: {
            "Type": "Pass",
            "Assign": {
                "begun": expression(block(f"$ends := {_ends_named()}", _any_begun())),
                "failed": expression(
                    block(f"$ends := {_ends_named()}", f"$join([$ends[{_counting(record)}].step], ' ')")
                ),
            },
            "Next": "Do the last steps run?",
        },
        "Do the last steps run?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$begun"), "Next": last}],
            "Default": _JUDGE,
        },
    }


def _ends(record: WorkflowManifest) -> States:
    judged = block(
        f"$ends := {_ends_named()}",
        f"$first := $ends[{_counting(record)}][0]",
        f"$error := {_any_begun()} and $not($exists($first[{_begun()}])) ? "
        f"'{name(Row.STEP_NOT_RUN, 0)}' : $first.error",
        "$why := 'step ' & $first.step & ': ' & $first.error",
        f"$exists($first) ? {{ 'name': $error, 'step': $first.step, 'why': $why }} : {{ 'name': '{_WELL}' }}",
    )
    names = {"workflow": record.name, "stage": record.stage}
    cause = (
        f"$string($merge([{literal(names)}, {{ 'run': $run, 'why': $substring($end.why, 0, {policy.CAUSE_LIMIT}) }}, "
        "{ 'step': $end.step, 'ends': $ends }]))"
    )
    status = (
        f"end = '{PASSED_OVER}' ? '{StepStatus.PASSED_OVER}' : error = '' ? '{StepStatus.SUCCEEDED}' : "
        f"error = '{NAMES['ABORTED']}' ? '{StepStatus.STOPPED}' : '{StepStatus.FAILED}'"
    )
    shown = f"[{_ends_named()}.{{ 'step': step, 'status': {status}, 'error': error }}]"
    return {
        _JUDGE: {
            "Type": "Pass",
            "Assign": {"ends": expression(shown), "end": expression(judged)},
            "Next": "Is all well?",
        },
        "Is all well?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression(f"$end.name = '{_WELL}'"), "Next": "Succeeded"}],
            "Default": "Failed",
        },
        "Succeeded": {"Type": "Succeed", "Output": {"code": 0, "ends": expression("$ends")}},
        "Failed": {"Type": "Fail", "Error": expression("$end.name"), "Cause": expression(cause)},
    }
