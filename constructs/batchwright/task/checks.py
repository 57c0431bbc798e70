"""What the checks of containers and of other parts of a declaration share."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from aws_cdk import CfnDynamicReference, Duration, Tokenization

from batchwright.errors import DeclarationError, wrong
from batchwright.tokens import TOKEN, milliseconds, unknown_duration
from batchwright_runner.contract.checks import STOP_TIMEOUTS

if TYPE_CHECKING:
    from aws_cdk import IResolveContext

SECRETS = ("{{resolve:secretsmanager:", "{{resolve:ssm-secure:")
"""How references begin that CloudFormation replaces by a secret (CloudFormation user guide, "Get values stored in other
services using dynamic references", 2026-11). Of SSM it takes them in few properties, and in none of a task."""


def check_in_plain_sight(subject: str, argument: str, value: object) -> None:
    """Raises for a text, or texts in JSON data, that CloudFormation would replace by a secret in plain sight."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if any(reference in text for reference in SECRETS) or any(map(_becomes_a_secret, TOKEN.findall(text))):
        problem = (
            "a secret of CloudFormation was given, {{resolve:…}}, which everyone who sees the task definition or a "
            "manifest could read; allowed: secrets=[Secret.secrets_manager(…)] or secrets=[Secret.existing(…)]"
        )
        raise DeclarationError(subject, argument, problem)


@lru_cache(maxsize=1024)
def _becomes_a_secret(token: str) -> bool:
    # Not by Stack.resolve: another stack's secret is no name there. A reference knows its own text without a context.
    return any(
        isinstance(part, CfnDynamicReference) and str(part.resolve(cast("IResolveContext", part))).startswith(SECRETS)
        for part in Tokenization.reverse_string(token).tokens
    )


def whole_seconds(subject: str, argument: str, duration: Duration, allowed: range, words: str) -> int:
    """A duration in seconds."""
    if unknown := unknown_duration(duration):
        raise DeclarationError(subject, argument, f"{unknown} was given; allowed: a Duration of aws_cdk, {words}")
    whole, rest = divmod(round(milliseconds(duration)), 1000)
    if rest or whole not in allowed:
        raise wrong(subject, argument, f"{whole + rest / 1000:.10g} s", words)
    return whole


def seconds(duration: Duration) -> int:
    """A duration that was checked, in seconds."""
    return round(milliseconds(duration)) // 1000


def check_stop_timeout(subject: str, duration: Duration) -> int:
    """The stop timeout in seconds."""
    return whole_seconds(
        subject, "stop_timeout", duration, STOP_TIMEOUTS, f"{STOP_TIMEOUTS[0]} to {STOP_TIMEOUTS[-1]} seconds"
    )


def check_words(subject: str, argument: str, words: Sequence[str] | None) -> None:
    """Raises unless it is a list of strings, or nothing."""
    if isinstance(words, str) or not all(isinstance(word, str) for word in words or ()):
        raise wrong(subject, argument, words, 'a list of strings, such as ["python", "-m", "report"]')
    for word in words or ():
        check_in_plain_sight(subject, argument, word)
