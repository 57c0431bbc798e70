"""A start whose end was not told: its answer may be lost, or was cut, or the time limit has passed. Pure.

Its task is looked for. One that has ended in time is judged as any. One that goes on is stopped and named: following
it would need an identity that Step Functions does not give, and at the time limit Step Functions stops it with its best
effort and no more. Where none is found the run ends all the same: however late ECS lists a task, there are never two.
"""

from typing import Any

from batchwright.automation import looks, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import MILLISECONDS, NOW, block, expression, literal, or_else
from batchwright_runner.contract.ends import MACHINE_TIMEOUT
from batchwright_runner.contract.verdicts import Row, name

FIRST = "Let its task appear"
FOUND = "Was it started?"
_STOP = "Stop its task"


def timed_out(seconds: int) -> dict[str, Any]:
    """What the state that started it assigns at its time limit.

    Args:
        seconds: The time limit.
    """
    end = looks.end(Row.TIMEOUT, literal(f"the timeout of {seconds} s"))
    return {"end": end, "until": expression(f"{NOW} + {1000 * seconds}"), "looks": 0}


def answer_lost(why: str) -> dict[str, Any]:
    """What the state before `FIRST` assigns where the answer was lost.

    Args:
        why: An expression that says how.
    """
    return {"end": looks.end(Row.NO_RESULT, why), "until": 0, "looks": 0}


def states(facts: MachineFacts, *, judge: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The batch.
        judge: The state that judges the task ``$task``.
    """
    last = f"$looks >= {len(policy.LOST_PAUSES)}"
    in_time = "($until = 0 or $ms($own[0].StoppedAt) <= $until)"
    over = block(f"$ms := {MILLISECONDS}", f"$own[0].LastStatus = 'STOPPED' and {in_time}")
    ending = f"$own[0].DesiredStatus = 'STOPPED' and ($until > 0 or {last})"
    reason = f"$until > 0 ? {literal(MACHINE_TIMEOUT)} : 'batchwright: the answer of RunTask was lost'"
    error = f"$states.errorOutput.Error & ' ' & {or_else('$states.errorOutput.Cause')}"
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
                {"Condition": expression(over), "Assign": {"task": expression("$own[0]")}, "Next": judge},
                _end(ending, "its task was found, and has ended or is about to"),
                {
                    "Condition": expression("$count($own) > 0 and $not($own[0].DesiredStatus = 'STOPPED')"),
                    "Next": _STOP,
                },
                _end(last, "no task of it was found; one that appears later runs on"),
            ],
            "Default": FIRST,
        },
        _STOP: looks.call(
            "ecs:stopTask",
            {"Cluster": facts.cluster, "Task": expression("$own[0].TaskArn"), "Reason": expression(reason)},
            {"end": _with("its task was found, and was stopped")},
            "Failed",
            {"end": _with("its task was found, could not be stopped, and runs on", error, Row.NO_RESULT)},
            "Failed",
        ),
    }


def _end(condition: str, what: str) -> dict[str, Any]:
    return {"Condition": expression(condition), "Assign": {"end": _with(what)}, "Next": "Failed"}


def _with(what: str, error: str = "", row: Row | None = None) -> str:
    """The end, with what became of its task.

    Args:
        what: It.
        error: An expression that says why. Default: nothing.
        row: The end's row from now on. Default: as it is.
    """
    called = f"'name': {literal(name(row, 0))}, " if row else ""
    why = f"$end.why & {literal(f': {what}' + (': ' if error else ''))}" + (f" & {error}" if error else "")
    return expression(f"$merge([$end, {{ {called}'why': {why}, 'task': $own[0].TaskArn }}])")
