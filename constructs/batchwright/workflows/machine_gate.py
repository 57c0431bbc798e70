"""Before each attempt of a machine: whether the batch is paused, and whether another run is in progress. Pure.

In progress is a task that has not ended, also one that is being stopped, or an execution that runs. Of two runs the
younger gives way, as both see which one it is: an execution counts from its start, another task from its creation.
Where an execution is in progress, tasks need not be looked at.

A run that is for a due time gives way to one that is for the same, and in progress or has ended well: EventBridge
Scheduler starts at least once. Tasks have the due time in their variables, executions in their inputs.
"""

from dataclasses import dataclass
from typing import Any

from batchwright.workflows import machine_policy as policy
from batchwright.workflows.jsonata import MILLISECONDS, NOW, block, expression, literal, moment, or_else, parsed
from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.two_at_once import TwoAtOnce
from batchwright_runner.contract.verdicts import Row, name

FIRST = "Read the pause"
TURN = "Is it its turn?"
_OTHERS = "Let others appear"
_DUE = "Was it due?"
_TWIN = "Read another's due time"
_EXECUTIONS = "List executions"
_DONE = "List those that ended well"
_TOLD = "{ 'arn': ExecutionArn, 'name': Name, 'done': false }"
"""What is kept of an execution."""
_ALL = {"all": True, "older": [], "token": expression("''")}
"""What the state before a look at all others assigns; ``$all`` is false where one alone was looked at."""
_BUSY = "$count($older) > 0"
_WHAT = "'whether another run is in progress cannot be seen'"


DUE = f"$due := function($text) {{ $type($text) = 'string' ? {moment('$text', '$text')} : '' }}"
"""Makes of a due time what is the same in each zone."""
NEXT_TOKEN = expression(or_else("$states.result.NextToken"))
"""Where the next page begins; empty after the last one."""
MINE = "$toMillis($states.context.Execution.StartTime)"
"""When this run began: its execution's start, in milliseconds."""


def look(
    resource: str,
    arguments: Any,  # noqa: ANN401 - JSON
    assign: dict[str, Any],
    following: str,
    problem: str,
) -> dict[str, Any]:
    """A call that is repeated whatever went wrong, and ends the run when it has failed for good.

    `resource`: the call, ``ecs:listTasks``.
    `problem`: an expression that says what is not known then: ``'whether it is paused cannot be seen'``.
    """
    error = f"$states.errorOutput.Error & ' ' & {or_else('$states.errorOutput.Cause')}"
    failed = {"Assign": {"end": end(Row.NO_RESULT, f"{problem} & ': ' & {error}")}, "Next": "Failed"}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:{resource}",
        "Arguments": arguments,
        "TimeoutSeconds": policy.LOOK_SECONDS,
        "Retry": [*policy.LOOKS],
        "Catch": [{"ErrorEquals": [error], **failed} for error in (policy.TOO_LARGE, "States.ALL")],
        "Assign": assign,
        "Next": following,
    }


def end(row: Row, why: str) -> str:
    """The end of the run, as an expression; why is one, too."""
    return expression(f"{{ 'name': {literal(name(row, 0))}, 'why': {why} }}")


def paged(arguments: str) -> str:
    """The arguments of a call for the page ``$token``, of those for the first page: both are expressions."""
    return f"$merge([{arguments}, $token = '' ? {{}} : {{ 'NextToken': $token }}])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is in the way of a run."""

    # The SSM parameter that is there while it is paused
    paused: str
    at_once: TwoAtOnce
    # Seconds that it waits for another run's end
    longest: int


def states_of_workflow(gate: Gate, *, following: str) -> dict[str, dict[str, Any]]:
    """The states of a workflow's machine. Its runs are executions, those too that have ended well for its due time."""
    undue = {"Condition": expression("$dueTime = ''"), "Next": TURN}
    return {
        **_pause(gate, _OTHERS),
        **_executions(_DUE),
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
        FIRST: look(
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
        _TWIN: look(
            "sfn:describeExecution",
            {"ExecutionArn": expression("$older[0].arn")},
            {"older": expression(block(DUE, older))},
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


def _executions(following: str) -> dict[str, dict[str, Any]]:
    me, mine = "$states.context.Execution.Id", MINE
    before = f"$ms(StartDate) < {mine} or ($ms(StartDate) = {mine} and ExecutionArn < {me})"
    ours = f"ExecutionArn != {me} and ({before})"
    return {
        _OTHERS: {
            "Type": "Wait",
            "Seconds": policy.APPEARS_SECONDS,
            "Assign": {"waitsSince": expression(NOW), **_ALL},
            "Next": _EXECUTIONS,
        },
        **_listed(_EXECUTIONS, "RUNNING", ours, "Are there more executions?", found=TURN, following=following),
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
        name: look(
            "sfn:listExecutions",
            expression(paged(page)),
            {
                # The newest is the first: the run just before, after whose end there is mostly nothing to wait for.
                "older": expression(block(f"$ms := {MILLISECONDS}", f"[$append($older, [{ours}])]")),
                "token": NEXT_TOKEN,
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
    if not gate.at_once.waits:
        choices += _give_way(_BUSY, Row.OVERLAP, busy)
        return {TURN: {"Type": "Choice", "Choices": choices, "Default": following}}
    longest = 1000 * gate.longest
    over = f"{_BUSY} and {NOW} - $waitsSince >= {longest}"
    choices += [
        *_give_way(over, Row.OVERLAP, f"{busy} & ', and ours may not wait longer'"),
        {"Condition": expression(_BUSY), "Next": "Wait for its end"},
        {"Condition": expression("$not($all)"), "Assign": _ALL, "Next": _EXECUTIONS},
    ]
    return {TURN: {"Type": "Choice", "Choices": choices, "Default": following}, **_wait(longest)}


def _wait(longest: int) -> dict[str, dict[str, Any]]:
    """The states that wait for one other run's end. It alone is looked at, until it has ended."""
    least, most = 1000 * policy.OVERLAP_SECONDS, 1000 * policy.OVERLAP_LONGEST
    pause = f"$max([{least}, $min([{most}, $waited / {policy.OVERLAP_SHARE}])])"
    seconds = f"$max([1, $ceil($min([{longest} - $waited, {pause}]) / 1000)])"

    def look_at(call: str, arguments: dict[str, Any], goes_on: str) -> dict[str, Any]:
        older = expression(f"{goes_on} ? $older : []")
        return look(call, arguments, {"older": older, "all": False}, TURN, _WHAT)

    waiting = {
        "Type": "Wait",
        "Seconds": expression(block(f"$waited := {NOW} - $waitsSince", seconds)),
    }
    execution = {
        "Look at its execution": look_at(
            "sfn:describeExecution",
            {"ExecutionArn": expression("$older[0].arn")},
            "$states.result.Status = 'RUNNING'",
        )
    }
    return {"Wait for its end": {**waiting, "Next": "Look at its execution"}, **execution}


def _give_way(condition: str, row: Row, why: str) -> list[dict[str, Any]]:
    """The choices of a run that is not started. One of which an attempt has ended keeps that end."""
    return [
        {"Condition": expression(f"({condition}) and $attempt > 1"), "Next": "Failed"},
        {"Condition": expression(condition), "Assign": {"end": end(row, why)}, "Next": "Failed"},
    ]
