"""A start whose end is unknown: its answer may be lost, or was cut, or the time limit has passed. Pure.

Its task is looked for. One that has ended in time is judged as any. One that goes on is stopped and named: following
it would need an identity that Step Functions does not give, and at the time limit Step Functions stops it with its best
effort and no more. Where none is found the run ends all the same: however late ECS lists a task, there are never two.
"""

from typing import Any

from batchwright.automation import looks, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import MILLISECONDS, block, expression, literal
from batchwright_runner.contract.ends import MACHINE_TIMEOUT, STOPPED_ON_REQUEST
from batchwright_runner.contract.verdicts import Row

FIRST = "Let its task appear"
FOUND = "Was it started?"
_STOP = "Stop its task"


def begin(row: Row, why: str, until: Any = 0) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What the state before `FIRST` assigns.

    `until`: when the task's time was up, in milliseconds.
    """
    return {"end": looks.end(row, why), "until": until, "looks": 0}


def states(facts: MachineFacts, *, judge: str) -> dict[str, dict[str, Any]]:
    """The states.

    `judge`: the state that judges the task ``$task``.
    """
    # Of two views of its task the last is the newest: those that run are listed first.
    last = f"$looks >= {len(policy.LOST_PAUSES)}"
    by_itself = f"$own[-1].StopCode != {literal(STOPPED_ON_REQUEST)}"
    in_time = f"($until = 0 or {by_itself} and $ms($own[-1].StoppedAt) <= $until)"
    over = block(f"$ms := {MILLISECONDS}", f"$own[-1].LastStatus = 'STOPPED' and {in_time}")
    ending = f"$own[-1].DesiredStatus = 'STOPPED' and ($until > 0 or {last})"
    reason = f"$until > 0 ? {literal(MACHINE_TIMEOUT)} : 'batchwright: the answer of RunTask was lost'"
    return {
        FIRST: {
            "Type": "Wait",
            "Seconds": expression(f"{literal([*policy.LOST_PAUSES])}[$looks]"),
            "Assign": {"looks": expression("$looks + 1"), **looks.begin(looks.LOST)},
            "Next": looks.FIRST,
        },
        FOUND: {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression(over), "Assign": {"task": expression("$own[-1]")}, "Next": judge},
                _end(ending, "its task was found, and has ended or is about to"),
                {
                    "Condition": expression("$count($own) > 0 and $not($own[-1].DesiredStatus = 'STOPPED')"),
                    "Next": _STOP,
                },
                _end(last, "no task of it was found; one that appears later runs on"),
            ],
            "Default": FIRST,
        },
        _STOP: looks.look(
            "ecs:stopTask",
            {"Cluster": facts.cluster, "Task": expression("$own[-1].TaskArn"), "Reason": expression(reason)},
            {"end": expression(_with("its task was found, and was stopped"))},
            "Failed",
            "$end.why & ': its task was found, could not be stopped, and runs on'",
            "$own[-1].TaskArn",
        ),
    }


def _end(condition: str, problem: str) -> dict[str, Any]:
    return {"Condition": expression(condition), "Assign": {"end": expression(_with(problem))}, "Next": "Failed"}


def _with(problem: str) -> str:
    """The end, with what became of its task."""
    return f"$merge([$end, {{ 'why': $end.why & {literal(f': {problem}')}, 'task': $own[-1].TaskArn }}])"
