"""The machine that watches for runs that do not come, as Amazon States Language: a pure function of the stage.

A second schedule of a batch with ``expected`` starts it whenever the batch is due, whoever starts the batch. It waits
for as long as a run usually takes at most, and looks whether one has ended well since the due time, by the record of
the last ends. If not, it starts the alerts machine, once for a batch and a due time. It changes nothing else.
"""

from typing import Any

from batchwright.alerts.facts import AlertsFacts
from batchwright.alerts.relay import AGAIN, look, record_of
from batchwright.alerts.words import saying
from batchwright.automation import policy
from batchwright.automation.jsonata import MILLISECONDS, NOW, block, either, expression, literal, or_else
from batchwright_runner.contract.checks import TIMEOUTS
from batchwright_runner.contract.names import last_path, paused_path, watch_path

SLACK_SECONDS = 60
"""Seconds beyond what is expected: the end of a run is in the record some seconds after it."""
EARLY_SECONDS = 60
"""Seconds that a scheduler's clock may be ahead: so much before its due time a run may have ended."""
HASH = 16
"""Characters of the hash in the name of an alerts execution, which may have 80 in all: a batch's has 40."""
WHOLE_SECONDS = TIMEOUTS[-1] + 3600
INPUT = '{{"batch":"{batch}","scheduled":"<aws.scheduler.scheduled-time>"}}'
"""What a schedule gives it. Scheduler puts the due time in (user guide, "Adding context attributes", 2026-11)."""
_READ, _CAME, _RUNS, _WAITS, _TELL, _DONE, _WRONG = (
    "Read what is expected",
    "Read what came",
    "Is a run in progress?",
    "Is a machine in progress?",
    "Tell",
    "Done",
    "The input is wrong",
)


def watch_machine(facts: AlertsFacts) -> dict[str, Any]:
    """The definition.

    Args:
        facts: The stage; its channels do not matter.
    """
    right = "$type($states.input.batch) = 'string' and $type($states.input.scheduled) = 'string'"
    return {
        "Comment": f"batchwright: whether what is due in {facts.names.project}, {facts.names.stage}, ends well in time",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": WHOLE_SECONDS,
        "StartAt": "Begin",
        "States": {
            "Begin": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": expression(f"$type($states.input) = 'object' and {right}"), "Next": "Take it"}
                ],
                "Default": _WRONG,
            },
            _WRONG: {
                "Type": "Fail",
                "Error": "Batchwright.Usage",
                "Cause": "allowed is an object with batch, and scheduled, the time for which it was due",
            },
            "Take it": {
                "Type": "Pass",
                "Assign": {
                    "batch": expression("$states.input.batch"),
                    "due": expression("$states.input.scheduled"),
                    "expected": 0,
                    "window": 0,
                    "running": False,
                    "came": expression("''"),
                },
                "Next": _READ,
            },
            **_waiting(facts),
            **_looking(facts),
            _TELL: _tell(facts),
            _DONE: {"Type": "Succeed", "Output": expression("{ 'came': $came }")},
        },
    }


def _waiting(facts: AlertsFacts) -> dict[str, dict[str, Any]]:
    seconds = f"$ceil(($toMillis($due) + 1000 * ($window + $expected + {SLACK_SECONDS}) - {NOW}) / 1000)"
    record, window = record_of("$states.result.Parameters[0].Value"), "$w.window_seconds"
    return {
        _READ: look(
            "ssm:getParameters",
            {"Names": [_path(facts, watch_path)]},
            {
                "expected": expression(block(f"$w := {record}", _expected())),
                "window": expression(block(f"$w := {record}", f"$type({window}) = 'number' ? {window} : 0")),
            },
            "Is it watched?",
            {"came": expression(_unseen())},
        ),
        "Is it watched?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$came != ''"), "Next": _TELL},
                {"Condition": expression("$expected = 0"), "Assign": {"came": "not watched"}, "Next": _DONE},
            ],
            "Default": "Wait for its end",
        },
        "Wait for its end": {"Type": "Wait", "Seconds": expression(f"$max([0, {seconds}])"), "Next": _CAME},
    }


def _looking(facts: AlertsFacts) -> dict[str, dict[str, Any]]:
    paths = {"w": watch_path, "last": last_path, "pause": paused_path}
    family = f"{literal(facts.names.prefix + '-')} & $batch"
    machine = f"{literal(facts.place.machine(facts.names.prefix + '-'))} & $batch"
    return {
        _CAME: look(
            "ssm:getParameters",
            {"Names": [_path(facts, path) for path in paths.values()]},
            {"came": expression(_came(facts))},
            "What has come?",
            {"came": expression(_unseen())},
        ),
        "What has come?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$came = 'nothing'"), "Next": _RUNS},
                {"Condition": expression("$substring($came, 0, 7) = 'unseen:'"), "Next": _TELL},
            ],
            "Default": _DONE,
        },
        _RUNS: look(
            "ecs:listTasks",
            {"Cluster": facts.cluster, "Family": expression(family), "DesiredStatus": "RUNNING"},
            {"running": expression("$count($states.result.TaskArns) > 0")},
            "Does it run?",
            {"running": False},
        ),
        "Does it run?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$running"), "Next": _TELL}],
            "Default": _WAITS,
        },
        # A batch that AWS does not start has no machine: that is refused, and means none is in progress.
        _WAITS: {
            **look(
                "sfn:listExecutions",
                {"StateMachineArn": expression(machine), "StatusFilter": "RUNNING", "MaxResults": 1},
                {"running": expression("$count($states.result.Executions) > 0")},
                _TELL,
                {"running": False},
            ),
            "Retry": [{**one, "ErrorEquals": [*AGAIN]} for one in policy.LOOKS],
        },
    }


def _path(facts: AlertsFacts, path: Any) -> str:  # noqa: ANN401 - one of the contract's functions
    return expression(f"{literal(path(facts.names.project, facts.names.stage, ''))} & $batch")


def _expected() -> str:
    found = "$w.expected_seconds"
    return f"$exists($w.schedule) and $type({found}) = 'number' and {found} > 0 ? {found} : 0"


def _unseen() -> str:
    return "'unseen: ' & $states.errorOutput.Error"


def _came(facts: AlertsFacts) -> str:
    """What has come of a due time, in a word or two; ``nothing`` where somebody has to be told."""
    project, stage = facts.names.project, facts.names.stage

    def of(path: Any) -> str:  # noqa: ANN401 - one of the contract's functions
        return f"$states.result.Parameters[Name = {literal(path(project, stage, ''))} & $batch]"

    paused = "$text != '' and ($since = '' or $toMillis($since) <= $at) and ($until = '' or $at < $toMillis($until))"
    verdict = or_else("$last.verdict")
    return block(
        f"$ms := {MILLISECONDS}",
        "$at := $toMillis($due)",
        f"$w := {record_of(of(watch_path) + '.Value')}",
        f"$changed := {or_else(of(watch_path) + '.LastModifiedDate', '0')}",
        f"$last := {record_of(of(last_path) + '.Value')}",
        f"$text := {or_else(of(paused_path) + '.Value')}",
        "$pause := $substring($text, 0, 1) = '{' ? $parse($text) : {}",
        f"$since := {or_else('$pause.since')}",
        f"$until := {or_else('$pause.until')}",
        f"$well := {or_else('$last.succeeded')}",
        f"$ended := {or_else('$last.ended')}",
        either(
            [
                (f"({_expected()}) = 0", "'not watched'"),
                ("$ms($changed) > $at", "'new'"),
                (paused, "'paused'"),
                (f"$well != '' and $toMillis($well) >= $at - {1000 * EARLY_SECONDS}", "'well'"),
                (f"$ended != '' and $toMillis($ended) >= $at and {verdict} != ''", "'failed'"),
            ],
            "'nothing'",
        ),
    )


def _tell(facts: AlertsFacts) -> dict[str, Any]:
    due = "$at($fromMillis($toMillis($due)))"
    seen = (
        f"'It was due at ' & {due} & ' and usually ends within ' & $took($expected) & ': no run has ended well since, '"
        " & ($running ? 'and one is in progress.' : 'and none is in progress.')"
    )
    why = f"$came = 'nothing' ? {seen} : 'It was due at ' & {due} & ', and what came of it cannot be seen: ' & $came"
    key = "$batch & '/' & $due"
    told = f"{{ 'missed': {{ 'batch': $batch, 'running': $running, 'why': ({why}) }} }}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
        "Arguments": {
            "StateMachineArn": facts.machine,
            "Name": expression(f"$batch & '-missed-' & $substring($hash({key}, 'SHA-256'), 0, {HASH})"),
            "Input": expression(saying("two", "took", "at", then=f"$string({told})")),
        },
        "TimeoutSeconds": policy.LOOK_SECONDS,
        "Retry": [{**one, "ErrorEquals": [*AGAIN]} for one in policy.LOOKS],
        "Catch": [{"ErrorEquals": ["Sfn.ExecutionAlreadyExistsException"], "Next": _DONE}],
        "Next": _DONE,
    }
