"""One attempt of a machine: the task, its end, and what comes next. Pure."""

from typing import Any

from batchwright.automation import looks, lost, policy
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import NOW, among, block, day, expression, literal, or_else, parsed
from batchwright.automation.judgment import judgment, passes
from batchwright.tokens import is_token
from batchwright_runner.contract.names import FILES_CONTAINER, TAG_ATTEMPT, TAG_RUN_ID, StageNames
from batchwright_runner.contract.variables import RUN_ID, SCHEDULED_DATE, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row

RUN = "Run"
_REFUSED = "Was it refused for a moment?"
JUDGE = "Judge its end"
_NEXT = "What comes next?"
_KNOWN = "Is its end known?"
_DELAY = "Pause before a retry"
_CAUSE_LIMIT = 300
"""Characters that are kept of the message about a start; what became of its task follows them."""


def states(facts: MachineFacts, *, again: str) -> dict[str, dict[str, Any]]:
    """The states."""
    delay = facts.manifest.retry_delay_seconds
    return {
        RUN: _run(facts),
        JUDGE: {
            "Type": "Pass",
            "Assign": {
                "end": judgment(facts.manifest),
                "tasks": expression("[$append($tasks, [$task.TaskArn])]"),
            },
            "Next": _NEXT,
        },
        _NEXT: _what_next(_DELAY if delay else again),
        # The pause that the batch declares between an end that is tried again and the next attempt.
        **({_DELAY: {"Type": "Wait", "Seconds": delay, "Next": again}} if delay else {}),
        "Pause before a start": {"Type": "Wait", "Seconds": policy.RESTART_SECONDS, "Next": again},
        _KNOWN: _known(),
        _REFUSED: _refused(),
        "Pause after a refusal": {"Type": "Wait", "Seconds": policy.REFUSED_SECONDS, "Next": again},
    }


def arguments(facts: MachineFacts) -> dict[str, Any]:
    """The arguments of RunTask, in Step Functions' casing."""
    manifest = facts.manifest
    network: dict[str, Any] = {
        "Subnets": _split(facts.subnets),
        "AssignPublicIp": _flag(facts.assign_public_ip),
    }
    if facts.security_groups:
        network["SecurityGroups"] = _split(facts.security_groups)
    tags = StageNames.of(manifest).batch_tags(manifest.batch)
    launch: dict[str, Any] = {"LaunchType": "FARGATE"}
    if manifest.capacity:
        shares = [
            {"CapacityProvider": share.provider, "Weight": share.weight, "Base": share.base}
            for share in manifest.capacity
        ]
        launch = {"CapacityProviderStrategy": shares}
    return {
        "Cluster": facts.cluster,
        "TaskDefinition": facts.task_definition,
        **launch,
        "PlatformVersion": manifest.platform_version,
        "NetworkConfiguration": {"AwsvpcConfiguration": network},
        "Group": expression("$run"),
        # All that the task definition has, whoever put it there, and beside them those of the run.
        "PropagateTags": "TASK_DEFINITION",
        "Tags": [
            *({"Key": key, "Value": value} for key, value in tags.items()),
            {"Key": TAG_RUN_ID, "Value": expression("$run")},
            {"Key": TAG_ATTEMPT, "Value": expression("$string($attempt)")},
        ],
        "Overrides": {"ContainerOverrides": _overrides(facts)},
    }


def _overrides(facts: MachineFacts) -> Any:  # noqa: ANN401 - JSON
    manifest = facts.manifest
    # Of a step the workflow says the day.
    date = f"$date != '' ? $date : {day('$scheduled', manifest.schedule.rpartition(' ')[2])}"
    variables = {RUN_ID: "$run", SCHEDULED_TIME: "$scheduled", SCHEDULED_DATE: date}
    pairs = ", ".join(f"{{ 'Name': '{name}', 'Value': {value} }}" for name, value in variables.items())
    environment = f"[$append([{pairs}], $options)]"
    if not facts.command and not manifest.files_variables:
        return [{"Name": manifest.container, "Environment": expression(environment)}]
    main = f"{{ 'Name': {literal(manifest.container)}, 'Environment': {environment} }}"
    # Without a command the image's own, or the declared one, holds: an empty list would take its place.
    command = "$count($command) = 0 ? {} : { 'Command': $command }"
    # The container that renders the config files must know what they say.
    rendered = f"[$options[{among('Name', manifest.files_variables)}]]"
    files = f"{{ 'Name': '{FILES_CONTAINER}', 'Environment': $rendered }}"
    return expression(
        block(
            f"$rendered := {rendered}",
            f"[$append([$merge([{main}, {command}])], $count($rendered) = 0 ? [] : [{files}])]",
        )
    )


def _run(facts: MachineFacts) -> dict[str, Any]:
    cause, seconds = or_else("$states.errorOutput.Cause"), facts.manifest.timeout_seconds
    over = expression(f"{NOW} + {1000 * seconds}")
    failure = {
        "error": expression("$states.errorOutput.Error"),
        "cause": expression(cause),
        "task": expression(parsed(cause, "{}")),  # none of a sentence, nor of a task that was cut
    }
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Arguments": arguments(facts),
        "TimeoutSeconds": seconds,
        "Assign": {
            "task": expression("$exists($states.result.Tasks) ? $states.result.Tasks[0] : $states.result"),
            "error": "no error",
            "cause": "and no task",
        },
        "Next": _KNOWN,
        "Catch": [
            {
                "ErrorEquals": ["States.Timeout"],
                "Assign": lost.begin(Row.TIMEOUT, literal(f"the timeout of {seconds} s"), over),
                "Next": lost.FIRST,
            },
            *({"ErrorEquals": [name], "Assign": failure, "Next": _KNOWN} for name in (policy.TOO_LARGE, "States.ALL")),
        ],
    }


def _what_next(retry: str) -> dict[str, Any]:
    began = {"attempt": expression("$attempt + 1"), "refusals": 0}
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": expression("$end.next = 'done'"), "Next": "Succeeded"},
            {
                "Condition": expression("$end.next = 'retry'"),
                "Assign": {**began, "retried": expression("$retried + 1"), "failedStarts": 0},
                "Next": retry,
            },
            {
                "Condition": expression("$end.next = 'start'"),
                "Assign": {**began, "failedStarts": expression("$failedStarts + 1")},
                "Next": "Pause before a start",
            },
        ],
        "Default": "Failed",
    }


def _known() -> dict[str, Any]:
    denied = f"$contains($lowercase($cause), /not authorized to perform: ({'|'.join(policy.DENIED)})\\b/)"
    refused = f"$error in {literal([*policy.REFUSED, *policy.PASSING])}"
    answer = f"'the answer of RunTask was lost (' & $error & ': ' & $substring($cause, 0, {_CAUSE_LIMIT}) & ')'"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": expression("$exists($task.TaskArn)"), "Next": JUDGE},
            {
                "Condition": expression(denied),
                "Assign": {"end": looks.end(Row.NO_RESULT, "$error & ': ' & $cause")},
                "Next": "Failed",
            },
            {"Condition": expression(refused), "Next": _REFUSED},
            {"Condition": expression("true"), "Assign": lost.begin(Row.NO_RESULT, answer), "Next": lost.FIRST},
        ],
        "Default": "Failed",
    }


def _refused() -> dict[str, Any]:
    throttled = " or ".join(f"$contains($lowercase($cause), {literal(text)})" for text in policy.THROTTLED)
    throttled = (
        f"($error in {literal([*policy.PASSING])} or {throttled} or $not($error in {literal([*policy.REFUSED])}))"
    )
    passing = f"({throttled} or $contains($cause, 'AGENT') or {passes('$cause')})"
    why = "$error & ': ' & $cause"
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": expression(f"{passing} and $refusals < {policy.REFUSALS}"),
                "Assign": {"refusals": expression("$refusals + 1")},
                "Next": "Pause after a refusal",
            },
            {
                "Condition": expression(throttled),
                "Assign": {"end": looks.end(Row.NO_RESULT, why)},
                "Next": "Failed",
            },
            {
                "Condition": expression("true"),
                "Assign": {"end": looks.end(Row.NEVER_STARTED, why)},
                "Next": "Failed",
            },
        ],
        "Default": "Failed",
    }


def _split(ids: str) -> Any:  # noqa: ANN401 - JSON
    """Ids as a list. What only a deployment knows is one text, which is taken apart when the machine runs."""
    return expression(f"$split('{ids}', ',')") if is_token(ids) else ids.split(",")


def _flag(flag: bool | str) -> str:
    if isinstance(flag, bool):
        return "ENABLED" if flag else "DISABLED"
    return expression(f"'{flag}' = 'true' ? 'ENABLED' : 'DISABLED'")
