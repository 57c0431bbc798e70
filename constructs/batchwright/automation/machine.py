"""The state machine of one batch, as Amazon States Language: a pure function of what the runner knows of it.

It starts the batch as the runner does and judges it as the runner does (`batchwright.automation.judgment`); a failure
has the verdict's name, ``Batchwright.Exit3``. Its states follow one another in these parts, a module each:

* `intake`: what the execution was given.
* `gate`: before each attempt, whether the batch is paused, and whether another run is in progress.
* `attempt`: the task, its end, and what comes next.
* `lost`: after a start whose end is unknown, what became of its task.
* `looks`: a look at the batch's tasks, page by page, for the last two.
"""

from typing import Any

from batchwright.automation import attempt, gate, intake, looks, lost, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import expression, literal
from batchwright_runner.contract.names import HANDED_TYPE, StageNames

_FAIL = "Fail"


def machine(facts: MachineFacts) -> dict[str, Any]:
    """The definition."""
    manifest = facts.manifest
    return {
        "Comment": f"batchwright: {manifest.batch} of {manifest.project}, {manifest.stage}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": policy.whole_seconds(manifest),
        "StartAt": intake.FIRST,
        "States": {
            **intake.states(facts, following=gate.FIRST),
            **gate.states(facts, following=attempt.RUN),
            **looks.states(facts, following={looks.TURN: gate.TURN, looks.LOST: lost.FOUND}),
            **attempt.states(facts, again=gate.FIRST),
            **lost.states(facts, judge=attempt.JUDGE),
            **_ends(facts),
        },
    }


def _ends(facts: MachineFacts) -> dict[str, dict[str, Any]]:
    names = {"batch": facts.manifest.batch, "stage": facts.manifest.stage}
    state = f"{{ 'run': $run, 'attempt': $attempt, 'why': $substring($end.why, 0, {policy.CAUSE_LIMIT}) }}"
    cause = f"$string($merge([{literal(names)}, {state}, {{ 'task': $end.task }}]))"
    return {
        "Succeeded": {
            "Type": "Succeed",
            "Output": {"code": 0, "task": expression("$tasks[-1]"), "attempt": expression("$attempt")},
        },
        **_failed(facts, {"Type": "Fail", "Error": expression("$end.name"), "Cause": expression(cause)}),
    }


def _failed(facts: MachineFacts, fail: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The end of a run that failed. Where there are alerts its execution is handed to them first.

    An event of it is on its way, too; but for those of Step Functions AWS promises its best effort and no more.
    """
    if not facts.alerts:
        return {"Failed": fail}
    event = {
        "Source": StageNames.of(facts.manifest).handed_source,
        "DetailType": HANDED_TYPE,
        "Detail": {"execution": expression("$states.context.Execution.Id")},
    }
    return {
        "Failed": {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {"Entries": [event]},
            "TimeoutSeconds": policy.LOOK_SECONDS,
            "Retry": [*policy.LOOKS],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": _FAIL}],
            "Next": _FAIL,
        },
        _FAIL: fail,
    }
