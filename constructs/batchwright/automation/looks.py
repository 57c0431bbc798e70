"""A machine looks at the tasks of its batch, page by page: those that are in progress, and its own. Pure.

Two parts of a machine look, and what follows differs: `TURN` before an attempt, `LOST` after a start whose end was not
told. A task of the machine's own that no attempt knows of is a lost one at either.
"""

from collections.abc import Mapping
from typing import Any

from batchwright.automation import policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import MILLISECONDS, block, expression, literal, or_else
from batchwright_runner.contract.ends import OVER, STEP_FUNCTIONS
from batchwright_runner.contract.verdicts import Row, name

FIRST = "List tasks"
TURN, LOST = "turn", "lost"
UNSEEN = "Others cannot be seen"
_LEFT = "What is left to look at?"
_BY = or_else("StartedBy", "TaskArn")
_NAME = f"{_BY} = {literal(STEP_FUNCTIONS)} ? Group : {_BY}"
NEXT_TOKEN = expression(or_else("$states.result.NextToken"))
"""Where the next page begins; empty after the last one."""
MINE = "$toMillis($states.context.Execution.StartTime)"
"""When this run began: its execution's start, in milliseconds."""


def begin(purpose: str) -> dict[str, Any]:
    """What the state before `FIRST` assigns.

    Args:
        purpose: `TURN` or `LOST`.
    """
    found: dict[str, Any] = {"older": [], "own": [], "arns": []}
    return {"purpose": purpose, "desired": "RUNNING", "token": expression("''"), "many": policy.TASKS, **found}


def look(
    resource: str,
    arguments: Any,  # noqa: ANN401 - JSON
    assign: dict[str, Any],
    following: str,
    what: str,
    *,
    too_large: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A call that changes nothing, and that is repeated whatever went wrong.

    Args:
        resource: The call, ``ecs:listTasks``.
        arguments: Its arguments.
        assign: What is made of its answer.
        following: The next state.
        what: An expression that says what cannot be seen when it fails: ``'whether it is paused'``.
        too_large: What follows an answer that is too large. Default: as any failure.
    """
    said = f"$states.errorOutput.Error & ' ' & {or_else('$states.errorOutput.Cause')}"
    cause = f"{what} & ' cannot be seen: ' & {said}"
    made = call(resource, arguments, assign, following, {"end": end(Row.NO_RESULT, cause)}, "Failed")
    if too_large is not None:
        made["Catch"][0] |= too_large
    return made


def call(
    resource: str,
    arguments: Any,  # noqa: ANN401 - JSON
    assign: dict[str, Any],
    following: str,
    failed: dict[str, Any],
    then: str,
) -> dict[str, Any]:
    """A call that changes nothing, repeated whatever went wrong.

    Args:
        resource: The call, ``ecs:listTasks``.
        arguments: Its arguments.
        assign: What is made of its answer.
        following: The next state.
        failed: What is assigned when it has failed for good.
        then: The next state then.
    """
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:{resource}",
        "Arguments": arguments,
        "TimeoutSeconds": policy.LOOK_SECONDS,
        "Retry": [*policy.LOOKS],
        "Catch": [
            {"ErrorEquals": [error], "Assign": failed, "Next": then} for error in (policy.TOO_LARGE, "States.ALL")
        ],
        "Assign": assign,
        "Next": following,
    }


def end(row: Row, why: str) -> str:
    """The end of the run, as an expression.

    Args:
        row: Its row.
        why: An expression that says why.
    """
    return expression(f"{{ 'name': {literal(name(row, 0))}, 'why': {why} }}")


def states(facts: MachineFacts, *, following: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The batch.
        following: Purpose to the state after them.
    """
    cluster = literal(facts.cluster)
    page = (
        f"{{ 'Cluster': {cluster}, 'Family': {literal(facts.family)}, 'DesiredStatus': $desired, "
        f"'MaxResults': {policy.TASKS} }}"
    )
    told = f"{{ 'arn': TaskArn, 'name': {_NAME} }}"
    others = f"$states.result.Tasks[Group != $run and {busy(facts)} and $ms(CreatedAt) <= {MINE}].{told}"
    what = (
        f"($purpose = {literal(LOST)} ? $end.why & ': whether its task runs on' : 'whether another run is in progress')"
    )
    return {
        FIRST: look(
            "ecs:listTasks",
            expression(paged(page)),
            {"arns": expression("[$states.result.TaskArns]"), "token": NEXT_TOKEN},
            _LEFT,
            what,
        ),
        "Describe tasks": look(
            "ecs:describeTasks",
            {"Cluster": facts.cluster, "Tasks": expression(f"[{_part('<')}]")},
            {
                "older": expression(block(f"$ms := {MILLISECONDS}", f"[$append($older, [{others}])]")),
                "own": expression("[$append($own, [$states.result.Tasks[Group = $run and $not(TaskArn in $tasks)]])]"),
                "arns": expression(f"[{_part('>=')}]"),
            },
            _LEFT,
            what,
            too_large={"Assign": {"many": expression("$floor($many / 5)")}, "Next": _LEFT},
        ),
        _LEFT: {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$count($arns) > 0"), "Next": "Describe tasks"},
                {"Condition": expression("$token != ''"), "Next": FIRST},
                {"Condition": expression("$desired = 'RUNNING'"), "Assign": {"desired": "STOPPED"}, "Next": FIRST},
                {"Condition": expression(f"$purpose = {literal(LOST)}"), "Next": following[LOST]},
                # Its start was refused, and made a task all the same.
                {
                    "Condition": expression("$count($own) > 0"),
                    "Assign": {"end": end(Row.NO_RESULT, "'a start of this run was not told'"), "until": 0, "looks": 9},
                    "Next": following[LOST],
                },
            ],
            "Default": following[TURN],
        },
    }


def busy(facts: MachineFacts) -> str:
    """Whether a task is in progress, as a condition of a filter on tasks.

    Args:
        facts: The batch.
    """
    main = f"Containers[Name = {literal(facts.manifest.container)}]"
    ended = f"$exists(StopCode) and {main}.LastStatus = 'STOPPED' and $exists({main}.ExitCode)"
    return f"$not(LastStatus in {literal(list(OVER))}) and $not({ended})"


def paged(arguments: str) -> str:
    """The arguments of a call for the page ``$token``.

    Args:
        arguments: Those of the first page, as an expression.
    """
    return f"$merge([{arguments}, $token = '' ? {{}} : {{ 'NextToken': $token }}])"


def _part(which: str) -> str:
    """The tasks of a page that are described at once, or the others."""
    return f"$filter($arns, function($arn, $at) {{ $at {which} $many }})"
