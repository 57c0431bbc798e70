"""Whose end it is, what it means, and whether a retry still covers it. Pure.

The family is told from the task definition's ARN, never from the group: that of a machine's task is its execution.
"""

from typing import Any

from batchwright.alerts.facts import AlertsFacts
from batchwright.alerts.judgment import CLAIMED, GOOD, execution_end, task_end
from batchwright.alerts.words import saying
from batchwright.automation import policy
from batchwright.automation.jsonata import MILLISECONDS, block, expression, literal, or_else
from batchwright.automation.looks import call
from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.names import manifest_path
from batchwright_runner.contract.notices.rules import SILENT
from batchwright_runner.contract.verdicts import ROWS, name

FIRST = "Who is it?"
ATTEMPT_SECONDS = 90
"""Seconds after which a retry has been started, if one comes: a machine pauses 15, a runner up to a few more. The pause
that the batch declares comes on top."""
HASH = 32
"""Characters of the hash in an execution's name, which may have 80 in all: a batch's has 40."""
_LIST, _CLAIM = "List the run's tasks", "Claim the run"


def states(facts: AlertsFacts, *, done: str, claimed: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The stage.
        done: The state at the end.
        claimed: The state that keeps an end which could not be handed over to an execution of its own.
    """
    return {
        FIRST: {"Type": "Pass", "Assign": {"who": expression(_who(facts))}, "Next": "Read the manifest"},
        "Read the manifest": look(
            "ssm:getParameters",
            {
                "Names": [
                    expression(f"{literal(manifest_path(facts.names.project, facts.names.stage, ''))} & $who.batch")
                ]
            },
            {"m": expression(record_of("$states.result.Parameters[0].Value"))},
            "Has it an execution?",
            {"m": {}},
        ),
        "Has it an execution?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$kind = 'execution'"), "Next": "Describe the execution"}],
            "Default": "Judge it",
        },
        "Describe the execution": look(
            "sfn:describeExecution",
            {"ExecutionArn": expression("$given.detail.executionArn")},
            {
                "x": expression(
                    f"{{ 'status': $states.result.Status, 'error': {or_else('$states.result.Error')}, "
                    f"'cause': {or_else('$states.result.Cause')} }}"
                )
            },
            "Judge it",
            {"x": expression("{ 'status': $given.detail.status, 'error': '', 'cause': '' }")},
        ),
        "Judge it": {"Type": "Pass", "Assign": {"end": expression(_end(facts))}, "Next": "Is it to be kept?"},
        "Is it to be kept?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression(_silent()), "Next": done},
                {"Condition": expression("$end.retried and $who.by != ''"), "Next": "Let a retry begin"},
            ],
            "Default": _CLAIM,
        },
        "Let a retry begin": {
            "Type": "Wait",
            "Seconds": expression(f"{ATTEMPT_SECONDS} + $number({or_else('$m.retry_delay_seconds', '0')})"),
            "Assign": {"desired": "RUNNING", "arns": []},
            "Next": _LIST,
        },
        **_retries(facts, done),
        _CLAIM: _claim(facts, done, claimed),
    }


def look(
    resource: str,
    arguments: Any,  # noqa: ANN401 - JSON
    assign: dict[str, Any],
    following: str,
    otherwise: dict[str, Any],
) -> dict[str, Any]:
    """A call that changes nothing. What cannot be seen keeps no one from being told.

    Args:
        resource: The call, ``ssm:getParameters``.
        arguments: Its arguments.
        assign: What is made of its answer.
        following: The next state.
        otherwise: What is assigned if it fails for good.
    """
    return call(resource, arguments, assign, following, otherwise, following)


def record_of(value: str) -> str:
    """A parameter's value as an object; an empty one where it is not there, or is no record."""
    return block(
        f"$text := {or_else(value)}",
        "$found := $substring($text, 0, 1) = '{' ? $parse($text) : {}",
        "$type($found) = 'object' ? $found : {}",
    )


def _who(facts: AlertsFacts) -> str:
    """Batch, run, task and starter, of whatever was given."""
    length = len(facts.names.prefix) + 1
    family = "$split($split($given.detail.taskDefinitionArn, '/')[-1], ':')[0]"
    machine = "$split($given.detail.stateMachineArn, ':')[-1]"
    started = or_else("$given.detail.startedBy")
    claimed = CLAIMED.replace("$d.", "$given.detail.")
    return either_kind(
        task=(
            f"{{ 'batch': $substring({family}, {length}), 'by': {started}, 'group': {or_else('$given.detail.group')}, "
            f"'task': $given.detail.taskArn, 'ours': $count({claimed}) > 0 }}"
        ),
        execution=(
            f"{{ 'batch': $substring({machine}, {length}), 'by': {literal(STEP_FUNCTIONS)}, "
            "'group': $given.detail.name, 'task': '', 'ours': true }"
        ),
        run=(
            f"{{ 'batch': $given.run.batch, 'by': {literal(STEP_FUNCTIONS)}, 'group': $given.run.name, "
            f"'task': {or_else('$given.run.task')}, 'ours': true }}"
        ),
    )


def either_kind(*, task: str, execution: str, run: str) -> str:
    """The value for what was given."""
    return f"$kind = 'task' ? {task} : $kind = 'execution' ? {execution} : {run}"


def _end(facts: AlertsFacts) -> str:  # noqa: ARG001 - one form for all
    """The end, with what is kept of it: when it was, how long it took, and the run's id."""
    ms = f"$ms := {MILLISECONDS}"
    task = block(
        "$d := $given.detail",
        f"$from := {or_else('$d.createdAt', or_else('$d.startedAt', '$d.stoppedAt'))}",
        f"$to := {or_else('$d.executionStoppedAt', '$d.stoppedAt')}",
        f"$run := $who.by = {literal(STEP_FUNCTIONS)} ? ($exists($m.machine) ? $who.group : '') : $who.by",
        f"$merge([{task_end()}, {{ 'run': $run, 'ended': $iso($ms($to)), "
        "'seconds': $max([0, $round(($ms($to) - $ms($from)) / 1000)]), 'began': $exists($d.startedAt) }])",
    )
    execution = block(
        f"$merge([{execution_end()}, {{ 'run': $who.group, 'ended': $iso($given.detail.stopDate), "
        "'seconds': $max([0, $round(($given.detail.stopDate - $given.detail.startDate) / 1000)]) }])",
    )
    run = block(
        "$x := { 'status': 'FAILED', 'error': $given.run.error, 'cause': $given.run.cause }",
        f"$from := {or_else('$given.run.started', '$states.context.State.EnteredTime')}",
        f"$merge([{execution_end()}, {{ 'run': $who.group, 'ended': $iso($entered), "
        "'seconds': $max([0, $round(($entered - $toMillis($from)) / 1000)]) }])",
    )
    now = "$entered := $toMillis($states.context.State.EnteredTime)"
    return saying("iso", then=block(ms, now, either_kind(task=task, execution=execution, run=run)))


def _silent() -> str:
    """Ends that are not kept: of what is not ours, of a run whose machine tells, and of one that gave way."""
    gave_way = sorted({name(row, ROWS[row].code) for row in SILENT})
    machines = f"$kind = 'task' and $who.by = {literal(STEP_FUNCTIONS)} and $exists($m.machine) and $end.name != {GOOD}"
    workflow = "$kind = 'execution' and $not($exists($m.batch)) and $x.status = 'FAILED'"
    return (
        f"($not($exists($m.batch)) and $not($who.ours)) or ({machines}) or ({workflow}) "
        f"or $end.name in {literal(gave_way)}"
    )


def _retries(facts: AlertsFacts, done: str) -> dict[str, dict[str, Any]]:
    """A look whether the run has a later task."""
    later = (
        f"( $ms := {MILLISECONDS}; $mine := $ms($given.detail.createdAt); "
        "$count([$states.result.Tasks[TaskArn != $who.task and $ms(CreatedAt) > $mine]]) > 0 )"
    )
    return {
        _LIST: look(
            "ecs:listTasks",
            {
                "Cluster": facts.cluster,
                "StartedBy": expression("$who.by"),
                "DesiredStatus": expression("$desired"),
            },
            {"arns": expression("[$append($arns, [$states.result.TaskArns])]")},
            "Were all listed?",
            {"desired": "STOPPED"},
        ),
        "Were all listed?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$desired = 'RUNNING'"), "Assign": {"desired": "STOPPED"}, "Next": _LIST},
                {"Condition": expression("$count($arns) > 0"), "Next": "Describe the run's tasks"},
            ],
            "Default": _CLAIM,
        },
        "Describe the run's tasks": look(
            "ecs:describeTasks",
            {
                "Cluster": facts.cluster,
                "Tasks": expression("[$filter($arns, function($one, $at) { $at < 100 })]"),
            },
            {"later": expression(later)},
            "Is there a later one?",
            {"later": False},
        ),
        "Is there a later one?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$later"), "Next": done}],
            "Default": _CLAIM,
        },
    }


def _claim(facts: AlertsFacts, done: str, claimed: str) -> dict[str, Any]:
    """Starts this machine again for the run, unless that was done before."""
    key = "$who.batch & '/' & ($end.run != '' ? $end.run : $who.task)"
    handed = "{ 'ended': $merge([$end, { 'batch': $who.batch, 'task': $who.task }]) }"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
        "Arguments": {
            "StateMachineArn": facts.machine,
            "Name": expression(f"$who.batch & '-' & $substring($hash({key}, 'SHA-256'), 0, {HASH})"),
            "Input": expression(f"$string({handed})"),
        },
        "TimeoutSeconds": policy.LOOK_SECONDS,
        "Retry": [{**retry, "ErrorEquals": [*AGAIN]} for retry in policy.LOOKS],
        "Catch": [
            {"ErrorEquals": ["Sfn.ExecutionAlreadyExistsException"], "Next": done},
            # It is better told twice than not at all.
            {"ErrorEquals": ["States.ALL"], "Assign": {"given": expression(handed)}, "Next": claimed},
        ],
        "Next": done,
    }


AGAIN = ("States.Timeout", "Sfn.SfnException", "Sfn.SdkClientException", "Sfn.ThrottlingException")
"""Errors after which the start is tried again: with the same name it makes no second execution."""
