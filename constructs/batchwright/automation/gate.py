"""Before each attempt of a machine: whether the batch is paused, and whether another run is in progress. Pure.

In progress is a task that has not ended, also one that is being stopped, or an execution that runs. Of two runs the
younger gives way, as both see which one it is: an execution counts from its start, another task from its creation.
Where an execution is in progress, tasks need not be looked at.

A run that is for a due time gives way to one that is for the same, and in progress or has ended well: EventBridge
Scheduler starts at least once. Tasks have the due time in their variables, executions in their inputs.
"""

from dataclasses import dataclass
from typing import Any

from batchwright.automation import looks, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import MILLISECONDS, NOW, block, expression, literal, moment, or_else, parsed
from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.sizes import Overlap
from batchwright_runner.contract.verdicts import Row

FIRST = "Read the pause"
TURN = "Is it its turn?"
_OTHERS = "Let others appear"
_DUE = "Was it due?"
_TWIN = "Read another's due time"
_EXECUTIONS = "List executions"
_DONE = "List those that ended well"
_TOLD = "{ 'arn': ExecutionArn, 'name': Name, 'done': false }"
"""What is kept of an execution."""
_ALL = {"all": True, **looks.begin(looks.TURN)}
"""What the state before a look at all others assigns; ``$all`` is false where one alone was looked at."""
_BUSY = "$count($older) > 0"
_WHAT = "'whether another run is in progress cannot be seen'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is in the way of a run."""

    # The SSM parameter that is there while it is paused
    paused: str
    # What it does while another run is in progress
    overlap: Overlap
    # Seconds that it waits for another run's end
    longest: int
    # The batch whose tasks are runs, too; ``None`` for a workflow, which has executions alone
    tasks: MachineFacts | None = None


def states(facts: MachineFacts, *, following: str) -> dict[str, dict[str, Any]]:
    """The states of a batch's machine."""
    manifest = facts.manifest
    longest = manifest.overlap_wait_seconds or manifest.timeout_seconds
    gate = Gate(paused=facts.paused, overlap=manifest.overlap, longest=longest, tasks=facts)
    looking = {**_executions(gate, looks.FIRST), **_turn(gate, following)}
    if manifest.overlap != "allow":
        return {**_pause(gate, _OTHERS), **looking}
    undue = {"Condition": expression("$dueTime = '' or $attempt > 1"), "Next": following}
    return {
        **_pause(gate, _DUE),
        _DUE: {"Type": "Choice", "Choices": [undue], "Default": _OTHERS},
        **looking,
        **_twins(looks.FIRST),
    }


def states_of_workflow(gate: Gate, *, following: str) -> dict[str, dict[str, Any]]:
    """The states of a workflow's machine. Its runs are executions, those too that have ended well for its due time."""
    undue = {"Condition": expression("$dueTime = ''"), "Next": TURN}
    return {
        **_pause(gate, _OTHERS),
        **_executions(gate, _DUE),
        _DUE: {"Type": "Choice", "Choices": [undue], "Default": _DONE},
        **_ended_well(),
        **_twins(TURN),
        **_turn(gate, following),
    }


def _pause(gate: Gate, following: str) -> dict[str, dict[str, Any]]:
    value = "$states.result.Parameters[0].Value"
    # As the runner takes them: any other text is the reason, and what is empty was not said.
    fields = {"by": "someone", "since": "", "until": "", "reason": "no reason was given"}
    record = parsed("$text", "{ 'reason': $text }")
    texts = [f"${field} := $record.{field} ? $string($record.{field}) : {literal(fields[field])}" for field in fields]
    why = (
        "'paused by ' & $split($by, '/')[-1] & ($since = '' ? '' : ' since ' & $since)"
        " & ($until = '' ? '' : ', until ' & $until) & ': ' & $reason"
    )
    pause = block(
        f"$text := {or_else(value)}",
        f"$record := {record}",
        *texts,
        # A time that cannot be read is no end, as the runner takes it.
        f"$ended := {moment('$until', 'null')}",
        f"{{ 'holds': $text != '' and $not($ended != null and $ended <= {NOW}), 'why': {why} }}",
    )
    return {
        FIRST: looks.look(
            "ssm:getParameters",
            {"Names": [gate.paused]},
            {"pause": expression(pause)},
            "Is it paused?",
            "'whether it is paused cannot be seen'",
        ),
        "Is it paused?": {
            "Type": "Choice",
            "Choices": _give_way("$pause.holds", Row.PAUSED, "$pause.why"),
            "Default": following,
        },
    }


def _twins(following: str) -> dict[str, dict[str, Any]]:
    """Of the executions that began since the due time: whether one is for it, too. Their inputs say it."""
    due = f"$parse({or_else('$states.result.Input', literal('{}'))}).scheduled"
    same = f"$states.result.Status in ['RUNNING', 'SUCCEEDED'] and $due({due}) = $due($dueTime)"
    twin = "{ 'twin': true, 'done': $states.result.Status = 'SUCCEEDED' }"
    older = f"{same} ? [$merge([$older[0], {twin}])] : [$filter($older, function($run, $at) {{ $at > 0 }})]"
    return {
        _TWIN: looks.look(
            "sfn:describeExecution",
            {"ExecutionArn": expression("$older[0].arn")},
            {"older": expression(block(looks.DUE, older))},
            "Is it for the same due time?",
            _WHAT,
        ),
        "Is it for the same due time?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$exists($older[twin])"), "Next": TURN},
                {"Condition": expression(_BUSY), "Next": _TWIN},
            ],
            "Default": following,
        },
    }


def _ended_well() -> dict[str, dict[str, Any]]:
    """The executions that began since the due time and have ended well."""
    since = f"$ms(StartDate) >= {moment('$dueTime', NOW)} - 60000"
    return _listed(_DONE, "SUCCEEDED", since, "Are there more that ended well?", found=_TWIN, following=TURN)


def _executions(gate: Gate, following: str) -> dict[str, dict[str, Any]]:
    allowed = gate.overlap == "allow"
    me, mine = "$states.context.Execution.Id", looks.MINE
    before = f"$ms(StartDate) < {mine} or ($ms(StartDate) = {mine} and ExecutionArn < {me})"
    since = f" and $ms(StartDate) >= {moment('$dueTime', mine)} - 60000" if allowed else ""  # two clocks may differ
    ours = f"ExecutionArn != {me} and ({before}){since}"
    found = _TWIN if allowed else TURN
    return {
        _OTHERS: {
            "Type": "Wait",
            "Seconds": policy.APPEARS_SECONDS,
            "Assign": {"waitsSince": expression(NOW), **_ALL},
            "Next": _EXECUTIONS,
        },
        **_listed(_EXECUTIONS, "RUNNING", ours, "Are there more executions?", found=found, following=following),
    }


def _listed(name: str, status: str, kept: str, more: str, *, found: str, following: str) -> dict[str, dict[str, Any]]:
    """The states that list the machine's executions, page by page.

    `kept`: a condition on one of them; ``$ms`` gives a moment's milliseconds.
    """
    page = (
        f"{{ 'StateMachineArn': $states.context.StateMachine.Id, 'StatusFilter': '{status}', "
        f"'MaxResults': {policy.EXECUTIONS} }}"
    )
    ours = f"$states.result.Executions[{kept}].{_TOLD}"
    return {
        name: looks.look(
            "sfn:listExecutions",
            expression(looks.paged(page)),
            {
                # The newest is the first: the run just before, after whose end there is mostly nothing to wait for.
                "older": expression(block(f"$ms := {MILLISECONDS}", f"[$append($older, [{ours}])]")),
                "token": looks.NEXT_TOKEN,
            },
            more,
            _WHAT,
        ),
        more: {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$token != ''"), "Next": name},
                {"Condition": expression(_BUSY), "Next": found},
            ],
            "Default": following,
        },
    }


def _turn(gate: Gate, following: str) -> dict[str, dict[str, Any]]:
    busy = "'run ' & $older[0].name & ' is in progress'"
    done = f"'run ' & $older[done][0].name & {literal(f' was {SAME_DUE}, and has ended well')}"
    choices = _give_way("$exists($older[done])", Row.OVERLAP, done)
    if gate.overlap != "wait":
        same = f" & {literal(f', and is {SAME_DUE}')}" if gate.overlap == "allow" else ""
        choices += _give_way(_BUSY, Row.OVERLAP, busy + same)
        return {TURN: {"Type": "Choice", "Choices": choices, "Default": following}}
    longest = 1000 * gate.longest
    over = f"{_BUSY} and {NOW} - $waitsSince >= {longest}"
    choices += [
        *_give_way(over, Row.OVERLAP, f"{busy} & ', and ours may not wait longer'"),
        {"Condition": expression(_BUSY), "Next": "Wait for its end"},
        {"Condition": expression("$not($all)"), "Assign": _ALL, "Next": _EXECUTIONS},
    ]
    return {TURN: {"Type": "Choice", "Choices": choices, "Default": following}, **_wait(gate, longest)}


def _wait(gate: Gate, longest: int) -> dict[str, dict[str, Any]]:
    """The states that wait for one other run's end. It alone is looked at, until it has ended."""
    least, most = 1000 * policy.OVERLAP_SECONDS, 1000 * policy.OVERLAP_LONGEST
    pause = f"$max([{least}, $min([{most}, $waited / {policy.OVERLAP_SHARE}])])"
    seconds = f"$max([1, $ceil($min([{longest} - $waited, {pause}]) / 1000)])"

    def look(call: str, arguments: dict[str, Any], goes_on: str) -> dict[str, Any]:
        older = expression(f"{goes_on} ? $older : []")
        return looks.look(call, arguments, {"older": older, "all": False}, TURN, _WHAT)

    waiting = {
        "Type": "Wait",
        "Seconds": expression(block(f"$waited := {NOW} - $waitsSince", seconds)),
    }
    execution = {
        "Look at its execution": look(
            "sfn:describeExecution",
            {"ExecutionArn": expression("$older[0].arn")},
            "$states.result.Status = 'RUNNING'",
        )
    }
    if gate.tasks is None:
        return {"Wait for its end": {**waiting, "Next": "Look at its execution"}, **execution}
    running = f"$count($states.result.Tasks[{looks.busy(gate.tasks)}]) > 0"
    is_execution = {
        "Condition": expression("$contains($older[0].arn, ':execution:')"),
        "Next": "Look at its execution",
    }
    return {
        "Wait for its end": {**waiting, "Next": "What is waited for?"},
        "What is waited for?": {"Type": "Choice", "Choices": [is_execution], "Default": "Look at its task"},
        **execution,
        "Look at its task": look(
            "ecs:describeTasks", {"Cluster": gate.tasks.cluster, "Tasks": [expression("$older[0].arn")]}, running
        ),
    }


def _give_way(condition: str, row: Row, why: str) -> list[dict[str, Any]]:
    """The choices of a run that is not started. One of which an attempt has ended keeps that end."""
    return [
        {"Condition": expression(f"({condition}) and $attempt > 1"), "Next": "Failed"},
        {"Condition": expression(condition), "Assign": {"end": looks.end(row, why)}, "Next": "Failed"},
    ]
