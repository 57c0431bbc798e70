"""Reads a new value: from stdin, or from a person who is asked for it."""

from typing import BinaryIO, Protocol

from batchwright_runner.contract.values import LIMIT, REFERENCE, fault
from batchwright_runner.errors import RunnerError, UsageError


class ValuePrompt(Protocol):
    """Asks a person on the terminal, without showing what is typed."""

    def __call__(self, prompt: str) -> str:
        """Returns the line without its end."""


def read_value(name: str, stdin: BinaryIO, *, terminal: bool, ask: ValuePrompt, raw: bool) -> str:
    """Reads the value, and checks that SSM takes it. No message shows any part of it.

    Args:
        name: What the value is for.
        stdin: Where it comes from, unless that is a terminal.
        terminal: Whether stdin is one; then the person is asked, twice.
        ask: Asks the person.
        raw: Whether a trailing newline of stdin belongs to the value. Exactly one is dropped otherwise.

    Raises:
        UsageError: It cannot be a value, or was typed differently the second time.
    """
    if terminal:
        value = _asked(name, ask)
    else:
        value = _decoded(name, stdin.read())
        if not raw:
            value = value.removesuffix("\n")
    check_value(name, value)
    return value


def check_value(name: str, value: str) -> None:
    """Raises unless SSM takes the value.

    Raises:
        UsageError: It is empty, too long, or holds ``{{``.
    """
    found = fault(value)
    if found == "empty":
        raise UsageError(f"{name} cannot be set: the value is empty, and SSM keeps no empty value")
    if found == "too long":
        raise UsageError(
            f"{name} cannot be set: the value has {len(value)} characters, {LIMIT} are allowed",
            hint="Keep it in Secrets Manager: Secret.secrets_manager, or split it",
        )
    if found == "reference":
        why = f"the value holds two braces ({REFERENCE}), which SSM takes for a reference"
        raise UsageError(f"{name} cannot be set: {why}")


def _asked(name: str, ask: ValuePrompt) -> str:
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
