"""The alerts machine of a stage, as Amazon States Language: a pure function of the stage and its channels.

It is given the ends of tasks and of executions as EventBridge has them, a failure that a batch's machine hands over, a
run that did not come, or a test. Its states follow one another in these parts, a module each:

* `relay`: whose end it is, what it means, whether a retry still covers it. Then it starts the machine again, under a
  name that is a hash of batch and run: so what comes twice, and what has several events, is told once.
* `record`: what is kept and counted of the run, and whether people are told.
* `tell`: what is said, through each channel.
"""

from typing import Any

from batchwright.alerts import record, relay, tell
from batchwright.alerts.facts import AlertsFacts
from batchwright.alerts.words import REASON_RULES
from batchwright.automation.jsonata import either, expression, literal
from batchwright_runner.contract.checks import RETRY_DELAYS

FIRST = "What is it?"
WHOLE_SECONDS = RETRY_DELAYS[-1] + 1800
"""Seconds that an execution may take: the longest declared delay of a retry, and half an hour. The look for another
attempt and all repeats of calls take much less than that."""
DONE, WRONG = "Done", "The input is wrong"

KINDS = {
    "task": "$states.input.'detail-type' = 'ECS Task State Change'",
    "execution": "$states.input.'detail-type' = 'Step Functions Execution Status Change'",
    "run": "$type($states.input.run) = 'object'",
    "ended": "$type($states.input.ended) = 'object'",
    "missed": "$type($states.input.missed) = 'object' and $type($states.input.missed.batch) = 'string'",
    "test": "$type($states.input.test) = 'object'",
}
"""What an execution may be given, and how it is known."""


def alerts_machine(facts: AlertsFacts) -> dict[str, Any]:
    """The definition.

    Args:
        facts: The stage and its channels.
    """
    kind = either([(f"$safe and {condition}", literal(name)) for name, condition in KINDS.items()], "'none'")
    return {
        "Comment": f"batchwright: who is told of the runs of {facts.names.project}, {facts.names.stage}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": WHOLE_SECONDS,
        "StartAt": "Begin",
        "States": {
            "Begin": {
                "Type": "Pass",
                "Assign": {
                    "kind": expression(f"( $safe := $type($states.input) = 'object'; {kind} )"),
                    "given": expression("$states.input"),
                    "reasons": REASON_RULES,
                    "lines": [],
                    "untold": [],
                },
                "Next": FIRST,
            },
            FIRST: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": expression("$kind in ['task', 'execution', 'run']"), "Next": relay.FIRST},
                    {"Condition": expression("$kind in ['ended', 'missed']"), "Next": record.FIRST},
                    {"Condition": expression("$kind = 'test'"), "Next": tell.TEST},
                ],
                "Default": WRONG,
            },
            WRONG: {
                "Type": "Fail",
                "Error": "Batchwright.Usage",
                "Cause": "allowed are events of ECS and Step Functions, and an object with run, ended, missed or test",
            },
            **relay.states(facts, done=DONE, claimed=record.HANDED_OVER),
            **record.states(facts, done=DONE, following=tell.FIRST),
            **tell.states(facts, done=DONE),
            DONE: {"Type": "Succeed", "Output": expression("{ 'kind': $kind }")},
        },
    }
