"""Before each attempt of a machine: whether the batch is paused, and whether another run is in progress. Pure.

In progress is a task that has not ended, also one that is being stopped, or an execution that runs. Of two runs the
younger gives way, as both see which one it is: an execution counts from its start, another task from its creation.
"""

from typing import Any

from batchwright.automation import looks, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import MILLISECONDS, NOW, block, expression, literal, moment, or_else, parsed
from batchwright_runner.contract.verdicts import Row

FIRST = "Read the pause"
TURN = "Is it its turn?"
_OTHERS = "Let others appear"
_EXECUTIONS = "List executions"


def states(facts: MachineFacts, *, following: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The batch.
        following: The state after them.
    """
    if facts.manifest.overlap == "allow":
        return _pause(facts, following)
    return {**_pause(facts, _OTHERS), **_executions(), **_turn(facts, following)}


def _pause(facts: MachineFacts, following: str) -> dict[str, dict[str, Any]]:
    value = "$states.result.Parameters[0].Value"
    # As the runner takes them: any other text is the reason, and what is empty was not said.
    fields = {"by": "someone", "since": "", "until": "", "reason": "no reason was given"}
    record = parsed("$text", "{ 'reason': $text }")
    told = [f"${field} := $record.{field} ? $string($record.{field}) : {literal(fields[field])}" for field in fields]
    why = (
        "'paused by ' & $split($by, '/')[-1] & ($since = '' ? '' : ' since ' & $since)"
        " & ($until = '' ? '' : ', until ' & $until) & ': ' & $reason"
    )
    pause = block(
        f"$text := {or_else(value)}",
        f"$record := {record}",
        *told,
        # A time that cannot be read is no end, as the runner takes it.
        f"$ended := {moment('$until', 'null')}",
        f"{{ 'holds': $text != '' and $not($ended != null and $ended <= {NOW}), 'why': {why} }}",
    )
    return {
        FIRST: looks.look(
            "ssm:getParameters",
            {"Names": [facts.paused]},
            {"pause": expression(pause)},
            "Is it paused?",
            "'whether it is paused'",
        ),
        "Is it paused?": {
            "Type": "Choice",
            "Choices": _give_way("$pause.holds", Row.PAUSED, "$pause.why"),
            "Default": following,
        },
    }


def _executions() -> dict[str, dict[str, Any]]:
    me, mine = "$states.context.Execution.Id", looks.MINE
    before = f"$ms(StartDate) < {mine} or ($ms(StartDate) = {mine} and ExecutionArn < {me})"
    older = f"[$states.result.Executions[ExecutionArn != {me} and ({before})].{{ 'name': Name }}]"
    return {
        _OTHERS: {
            "Type": "Wait",
            "Seconds": policy.APPEARS_SECONDS,
            "Assign": {"waitsSince": expression(NOW)},
            "Next": _EXECUTIONS,
        },
        _EXECUTIONS: looks.look(
            "sfn:listExecutions",
            {
                "StateMachineArn": expression("$states.context.StateMachine.Id"),
                "StatusFilter": "RUNNING",
                "MaxResults": 1000,
            },
            {"older": expression(block(f"$ms := {MILLISECONDS}", older)), **looks.begin(looks.TURN)},
            looks.FIRST,
            "'whether another run is in progress'",
        ),
    }


def _turn(facts: MachineFacts, following: str) -> dict[str, dict[str, Any]]:
    manifest, busy = facts.manifest, "$count($older) > 0"
    other = "'run ' & $older[0].name & ' is in progress'"
    if manifest.overlap == "forbid":
        found = {"Condition": expression(busy), "Assign": {"end": looks.end(Row.OVERLAP, other)}, "Next": "Failed"}
        return {TURN: {"Type": "Choice", "Choices": [found], "Default": following}}
    longest = 1000 * (manifest.overlap_wait_seconds or manifest.timeout_seconds)
    over = f"{busy} and {NOW} - $waitsSince >= {longest}"
    choices = _give_way(over, Row.OVERLAP, f"{other} & ', and ours may not wait longer'")
    waiting = {"Condition": expression(busy), "Next": "Wait for its end"}
    return {
        TURN: {"Type": "Choice", "Choices": [*choices, waiting], "Default": following},
        "Wait for its end": {"Type": "Wait", "Seconds": policy.OVERLAP_SECONDS, "Next": _EXECUTIONS},
    }


def _give_way(condition: str, row: Row, why: str) -> list[dict[str, Any]]:
    """The choices of a run that is not started. One of which an attempt has ended keeps that end."""
    return [
        {"Condition": expression(f"({condition}) and $attempt > 1"), "Next": "Failed"},
        {"Condition": expression(condition), "Assign": {"end": looks.end(row, why)}, "Next": "Failed"},
    ]
