"""Calls of those who operate a stage: set values, push and release images."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.aws.client import ApiError, Aws
from batchwright_runner.aws.retry import patiently
from batchwright_runner.errors import RunnerError
from batchwright_runner.runs.signals import Waiter

HINT = "The caller's role needs what platform.grant_operate grants"


def call(aws: Aws, waiter: Waiter, what: str, service: str, operation: str, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
    """Makes a call that may be repeated without harm, and repeats it while it fails in a way that passes.

    Args:
        aws: Calls AWS.
        waiter: Time and signals.
        what: What fails with it, for the message: "the image cannot be read".
        service: The service.
        operation: The operation.
        request: Its input.

    Raises:
        ApiError: It failed in a way that does not pass, and not for a lack of permission.
        RunnerError: It failed for a lack of permission or credentials, or for too long.
        InterruptedEarlyError: A signal came.
    """

    def attempt() -> Mapping[str, Any]:
        try:
            return aws.call(service, operation, **request)
        except ApiError as error:
            if error.denied and error.code != "NoCredentials":
                raise RunnerError(f"{what}: {error}", hint=HINT) from error
            raise

    return patiently(attempt, what, waiter)
