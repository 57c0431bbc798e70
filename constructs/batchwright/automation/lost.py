"""After a start whose answer may be lost: whether a task was started all the same. Pure.

Such a task is stopped, and the run has no result: following it would need an identity that Step Functions does not
give, and a second task must never be started beside it.
"""

from typing import Any

from batchwright.automation import looks, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import expression
from batchwright_runner.contract.verdicts import Row

FIRST = "Let its task appear"
FOUND = "Was it started?"
_STOP = "Stop its task"


def states(facts: MachineFacts, *, not_found: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The batch.
        not_found: The state after several looks that found nothing.
    """
    why = "'the answer of RunTask was lost (' & $error & '): its task was found, and was stopped'"
    return {
        FIRST: {
            "Type": "Wait",
            "Seconds": policy.LOST_SECONDS,
            "Assign": {"older": [], "looks": expression("$looks + 1"), **looks.begin(looks.LOST)},
            "Next": looks.FIRST,
        },
        FOUND: {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": expression("$count($own) > 0"),
                    "Assign": {"end": looks.end(Row.NO_RESULT, why)},
                    "Next": _STOP,
                },
                {"Condition": expression(f"$looks < {policy.LOST_LOOKS}"), "Next": FIRST},
            ],
            "Default": not_found,
        },
        _STOP: {
            **looks.look(
                "ecs:stopTask",
                {
                    "Cluster": facts.cluster,
                    "Task": expression("$own[0]"),
                    "Reason": "batchwright: the answer of RunTask was lost",
                },
                {"tasks": expression("[$append($tasks, $own)]")},
                "Failed",
                "whether its task was stopped",
            )
        },
    }
