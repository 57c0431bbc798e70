"""A value of SSM: reads a new one from stdin or from a person, puts and deletes it."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, BinaryIO

from batchwright_runner.contract.values import LIMIT, REFERENCE, fault
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.params.declared import DeclaredValue
from batchwright_runner.host.runs.signals import Waiter


def read_value(name: str, stdin: BinaryIO, *, terminal: bool, ask: Callable[[str], str], raw: bool) -> str:
    """Reads the value, and checks that SSM takes it. No message shows any part of it."""
    if terminal:
        value = _asked(name, ask)
    else:
        value = _decoded(name, stdin.read())
        if not raw:
            value = re.sub(r"\r?\n\Z", "", value)
    check_value(name, value)
    return value


def check_value(name: str, value: str) -> None:
    """Raises unless SSM takes the value."""
    problem = fault(value)
    if problem == "empty":
        raise UsageError(f"{name} cannot be set: the value is empty, and SSM keeps no empty value")
    if problem == "too long":
        raise UsageError(
            f"{name} cannot be set: the value has {len(value)} characters, {LIMIT} are allowed",
            hint="Keep it in Secrets Manager: Secret.secrets_manager, or split it",
        )
    if problem == "reference":
        why = f"the value holds two braces ({REFERENCE}), which SSM takes for a reference"
        raise UsageError(f"{name} cannot be set: {why}")


def _asked(name: str, ask: Callable[[str], str]) -> str:
    value = ask(f"New value of {name}: ")
    if ask("Repeat value: ") != value:
        raise UsageError(f"{name} was not set: the two values are not the same")
    return value


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        message = f"{name} cannot be set: the value is not UTF-8, and SSM keeps text only"
        # The error itself holds the value: it must not become the cause that a traceback shows.
        raise RunnerError(message, hint="Encode it, in base64 say") from None


OTHER_TYPE = (
    "It has moved between secrets and parameters, and is stored there as what it was before: "
    "docs/upgrading-and-leaving.md says the order, under 'A variable that moves'"
)

_HINTS = {
    "HierarchyTypeMismatchException": OTHER_TYPE,
    "InvalidKeyId": "The stage's key is made by its platform: deploy that first",
}
"""Errors of SSM's PutParameter (API reference, 2026-11), and what to do."""


def put_request(declared: DeclaredValue, value: str) -> dict[str, Any]:
    """The request that sets a value: a secret as a SecureString under the stage's key. Pure."""
    request: dict[str, Any] = {"Name": declared.path, "Value": value, "Overwrite": True}
    if declared.kind == "parameter":
        return {**request, "Type": "String"}
    request["Type"] = "SecureString"
    return {**request, "KeyId": declared.key} if declared.key else request


def put_value(aws: Aws, declared: DeclaredValue, value: str, waiter: Waiter) -> int:
    """Sets a value. Setting the same one twice does no harm, so a lost answer is no reason to fail.

    Returns the number of the new version.
    """
    what = f"{declared.path} was not set"
    request, silent = put_request(declared, value), _Silent(aws, value)
    try:
        put = partial(silent.call, "ssm", "put_parameter", **request)
        answer = patiently(put, what, waiter, hint=OPERATE_HINT, but=None)
    except ApiError as error:
        raise RunnerError(f"{what}: {error}", hint=_HINTS.get(error.code, "")) from None
    return int(answer["Version"])


def delete_value(aws: Aws, path: str, waiter: Waiter) -> bool:
    """Deletes a value.

    Returns whether it was there.
    """
    what, delete = f"{path} was not deleted", partial(aws.call, "ssm", "delete_parameter", Name=path)
    try:
        patiently(delete, what, waiter, hint=OPERATE_HINT, but=("ParameterNotFound",))
    except ApiError:
        return False
    return True


class _Silent:
    """Takes a value out of the errors of a call: AWS's validation errors quote their input."""

    def __init__(self, aws: Aws, value: str) -> None:
        self._aws = aws
        self._value = value

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        try:
            return self._aws.call(service, operation, **parameters)
        except ApiError as error:
            raise error.without(self._value) from None
