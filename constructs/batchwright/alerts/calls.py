"""A call to a service of others, and what is made of one that fails for good. Pure."""

from typing import Any

from batchwright.automation import policy
from batchwright.automation.jsonata import expression, literal, or_else

HTTP = (
    {
        "ErrorEquals": [
            *(f"States.Http.StatusCode.{code}" for code in (429, 500, 502, 503, 504)),
            "States.Http.Socket",
            "States.Timeout",
        ],
        "IntervalSeconds": 5,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "JitterStrategy": "FULL",
    },
)
"""What passes of an HTTP call (Step Functions user guide, "Call HTTPS APIs in Step Functions workflows", 2026-11)."""


def post(url: str, connection: str, body: Any, channel: str, following: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A POST through a connection, repeated while what went wrong may pass.

    Args:
        url: Its address.
        connection: ARN of the EventBridge connection, which holds the secret.
        body: The JSON to send, or an expression that makes it.
        channel: Who is not told if it fails for good.
        following: The next state, whatever came of it.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Arguments": {
            "ApiEndpoint": url,
            "Method": "POST",
            "InvocationConfig": {"ConnectionArn": connection},
            "Headers": {"Content-Type": "application/json; charset=utf-8"},
            "RequestBody": body,
        },
        "TimeoutSeconds": policy.LOOK_SECONDS,
        "Retry": [*HTTP],
        "Catch": [untold(channel, following)],
        "Next": following,
    }


def untold(channel: str, following: str) -> dict[str, Any]:
    """What catches a call that failed for good: it is remembered, and keeps none of the others from being told.

    Args:
        channel: Who was not told.
        following: The next state.
    """
    said = f"{literal(channel + ': ')} & $states.errorOutput.Error & ' ' & {or_else('$states.errorOutput.Cause')}"
    return {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"untold": expression(f"[$append($untold, [{said}])]")},
        "Next": following,
    }
