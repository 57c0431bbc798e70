"""A machine looks at the tasks of its batch, page by page: those in progress, of its due time, and its own. Pure.

Two parts of a machine look, and what follows differs: `TURN` before an attempt, `LOST` after a start whose end is
unknown. A task of the machine's own that no attempt knows of is a lost one at either.
"""

from typing import Any

from batchwright.automation import policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import MILLISECONDS, among, block, expression, literal, moment, or_else
from batchwright.automation.judgment import ended_well
from batchwright_runner.contract.ends import OVER, STEP_FUNCTIONS
from batchwright_runner.contract.variables import SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, name

FIRST = "List tasks"
TURN, LOST = "turn", "lost"
_LEFT = "What is left to look at?"
DUE = f"$due := function($text) {{ $type($text) = 'string' ? {moment('$text', '$text')} : '' }}"
"""Makes of a due time what is the same in each zone."""
_TIMES = f"Overrides.ContainerOverrides.Environment[Name = {literal(SCHEDULED_TIME)}].Value.$due($)"
_DUE = f"($dueTime != '' and $due($dueTime) in {_TIMES})"
"""Whether a task is for the same due time."""
NEXT_TOKEN = expression(or_else("$states.result.NextToken"))
"""Where the next page begins; empty after the last one."""
MINE = "$toMillis($states.context.Execution.StartTime)"
"""When this run began: its execution's start, in milliseconds."""


def begin(purpose: str) -> dict[str, Any]:
    """What the state before `FIRST` assigns, to look for `TURN` or `LOST`."""
    lists: dict[str, Any] = {"older": [], "own": [], "arns": []}
    return {"purpose": purpose, "desired": "RUNNING", "token": expression("''"), "many": policy.TASKS, **lists}


def look(
    resource: str,
    arguments: Any,  # noqa: ANN401 - JSON
    assign: dict[str, Any],
    following: str,
    problem: str,
    task: str = "",
) -> dict[str, Any]:
    """A call that is repeated whatever went wrong, and ends the run when it has failed for good.

    `resource`: the call, ``ecs:listTasks``.
    `problem`: an expression that says what is not known then: ``'whether it is paused cannot be seen'``.
    """
    error = f"$states.errorOutput.Error & ' ' & {or_else('$states.errorOutput.Cause')}"
    failed = {"Assign": {"end": end(Row.NO_RESULT, f"{problem} & ': ' & {error}", task)}, "Next": "Failed"}
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


def end(row: Row, why: str, task: str = "") -> str:
    """The end of the run, as an expression; why, and its task if there is one, are expressions."""
    named = f", 'task': {task}" if task else ""
    return expression(f"{{ 'name': {literal(name(row, 0))}, 'why': {why}{named} }}")


def states(facts: MachineFacts, *, following: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The states."""
    cluster = literal(facts.cluster)
    page = (
        f"{{ 'Cluster': {cluster}, 'Family': {literal(facts.family)}, 'DesiredStatus': $desired, "
        f"'MaxResults': {policy.TASKS} }}"
    )
    goes_on = busy(facts)
    by = or_else("StartedBy", "TaskArn")
    shown = f"{{ 'arn': TaskArn, 'name': {by} = {literal(STEP_FUNCTIONS)} ? Group : {by}, 'done': $not({goes_on}) }}"
    before = f"{goes_on} and $ms(CreatedAt) <= {MINE}" + (f" and {_DUE}" if facts.manifest.overlap == "allow" else "")
    done = f"{_DUE} and {ended_well(facts.manifest)}"
    others = f"$states.result.Tasks[Group != $run and (({before}) or ({done}))].{shown}"
    whether = (
        f"($purpose = {literal(LOST)} ? $end.why & ': whether its task runs on' : 'whether another run is in progress')"
    )
    problem = f"{whether} & ' cannot be seen'"
    describe = look(
        "ecs:describeTasks",
        {"Cluster": facts.cluster, "Tasks": expression(f"[{_part('<')}]")},
        {
            "older": expression(block(f"$ms := {MILLISECONDS}", DUE, f"[$append($older, [{others}])]")),
            "own": expression("[$append($own, [$states.result.Tasks[Group = $run and $not(TaskArn in $tasks)]])]"),
            "arns": expression(f"[{_part('>=')}]"),
        },
        _LEFT,
        problem,
    )
    describe["Catch"][0] |= {"Assign": {"many": expression("$floor($many / 5)")}, "Next": _LEFT}
    return {
        FIRST: look(
            "ecs:listTasks",
            expression(paged(page)),
            {"arns": expression("[$states.result.TaskArns]"), "token": NEXT_TOKEN},
            _LEFT,
            problem,
        ),
        "Describe tasks": describe,
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
    """Whether a task is in progress, as a condition of a filter on tasks."""
    main = f"Containers[Name = {literal(facts.manifest.container)}]"
    ended = f"$exists(StopCode) and {main}.LastStatus = 'STOPPED' and $exists({main}.ExitCode)"
    return f"$not({among('LastStatus', OVER)}) and $not({ended})"


def paged(arguments: str) -> str:
    """The arguments of a call for the page ``$token``, of those for the first page: both are expressions."""
    return f"$merge([{arguments}, $token = '' ? {{}} : {{ 'NextToken': $token }}])"


def _part(which: str) -> str:
    """The tasks of a page that are described at once, or the others."""
    return f"$filter($arns, function($arn, $at) {{ $at {which} $many }})"
