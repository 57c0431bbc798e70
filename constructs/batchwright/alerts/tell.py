"""What is said, through each channel in turn. One that fails keeps none of the others from being told. Pure."""

import itertools
from typing import Any

from batchwright.alerts import note
from batchwright.alerts.calls import post, untold
from batchwright.alerts.facts import AlertsFacts
from batchwright.automation import policy
from batchwright.automation.jsonata import expression, literal, or_else

FIRST = "Write it"
TEST = "Is it a test?"
_TOPIC, _SLACK, _TOOK, _DATADOG, _ALL = (
    "Tell the topic",
    "Tell Slack",
    "Did Slack take it?",
    "Tell Datadog",
    "Was everyone told?",
)


def states(facts: AlertsFacts, *, done: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The stage and its channels.
        done: The state at the end.
    """
    made: dict[str, dict[str, Any]] = {
        TEST: {"Type": "Pass", "Assign": _test(facts), "Next": FIRST},
        FIRST: {"Type": "Pass", "Assign": {"note": expression(note.note())}, "Next": "Write it for e-mail and chat"},
        "Write it for e-mail and chat": {
            "Type": "Pass",
            "Assign": {"plain": expression(note.plain()), "q": expression(note.amazon_q())},
        },
        _ALL: {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$count($untold) = 0"), "Next": done}],
            "Default": "Not everyone was told",
        },
        "Not everyone was told": {
            "Type": "Fail",
            "Error": "Batchwright.NotTold",
            "Cause": expression("$join([$untold], '; ')"),
        },
    }
    channels = {
        _TOPIC: bool(facts.topic),
        _SLACK: facts.slack is not None,
        _DATADOG: facts.datadog is not None,
    }
    order = [*(name for name, there in channels.items() if there), _ALL]
    made["Write it for e-mail and chat"]["Next"] = order[0]
    following = dict(itertools.pairwise(order))
    if facts.topic:
        made[_TOPIC] = _topic(facts, following[_TOPIC])
    if facts.slack is not None:
        made |= _slack(facts.slack.channel, facts.slack.connection, following[_SLACK])
    if facts.datadog is not None:
        made[_DATADOG] = _datadog(facts, facts.datadog.site, facts.datadog.connection, following[_DATADOG])
    return made


def _test(facts: AlertsFacts) -> dict[str, Any]:
    by = or_else("$string($given.test.by)", literal("someone"))
    why = f"'Nothing has happened. ' & {by} & ' tries whether messages arrive.'"
    fields: dict[str, Any] = dict.fromkeys(
        ("cluster", "batch", "owner", "runbook", "run", "task", "verdict", "advice", "again"), ""
    )
    fields |= dict.fromkeys(("failing_since", "succeeded", "log_group", "stream"), "")
    fields |= dict.fromkeys(("code", "seconds", "usual", "failures"), 0)
    fields |= {"kind": "test", "stage": facts.names.stage, "region": facts.place.region, "lines": []}
    return {
        "n": expression(f"$merge([{literal(fields)}, {{ 'why': {why} }}])"),
        "ask": expression("{ 'channel': '' }"),
    }


def _topic(facts: AlertsFacts, following: str) -> dict[str, Any]:
    values = note.attributes()
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {
            "TopicArn": facts.topic,
            "Subject": expression(note.subject()),
            "MessageStructure": "json",
            "Message": expression(note.sns_message()),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": expression(value)} for name, value in values.items()
            },
        },
        "TimeoutSeconds": policy.LOOK_SECONDS,
        "Retry": [*policy.LOOKS],
        "Catch": [untold("SNS", following)],
        "Next": following,
    }


def _slack(channel: str, connection: str, following: str) -> dict[str, dict[str, Any]]:
    """Slack answers 200 also where it refuses: its answer's ``ok`` is looked at."""
    chosen = f"($ask.channel = '' ? {literal(channel)} : $ask.channel)"
    message = expression(note.slack(chosen))
    sent = post("https://slack.com/api/chat.postMessage", connection, message, "Slack", following)
    answer = "$states.result.ResponseBody"
    said = (
        f"$type({answer}) = 'object' and {answer}.ok = true ? 'ok' : "
        f"$type({answer}.error) = 'string' ? {answer}.error : 'an answer that does not come from Slack'"
    )
    return {
        _SLACK: {**sent, "Assign": {"slack": expression(said)}, "Next": _TOOK},
        _TOOK: {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": expression("$slack != 'ok'"),
                    "Assign": {"untold": expression("[$append($untold, ['Slack: ' & $slack])]")},
                    "Next": following,
                }
            ],
            "Default": following,
        },
    }


def _datadog(facts: AlertsFacts, site: str, connection: str, following: str) -> dict[str, Any]:
    url = f"https://api.{site}/api/v1/events"
    return post(url, connection, expression(note.datadog_event(facts.names.project)), "Datadog", following)
