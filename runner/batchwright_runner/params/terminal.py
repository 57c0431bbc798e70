"""Asks a person on the terminal. Ctrl-C ends the command at once, as nothing has been done yet."""

import getpass
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from batchwright_runner.errors import InterruptedEarlyError, UsageError


def ask_hidden(prompt: str) -> str:
    """Asks for a line without showing what is typed.

    Raises:
        InterruptedEarlyError: Ctrl-C was pressed.
        UsageError: The terminal was closed.
    """
    with _interruptible():
        try:
            return getpass.getpass(prompt)
        except EOFError:
            raise UsageError("no value was given: the input ended") from None


def confirm(question: str) -> bool:
    """Asks for a yes or no.

    Raises:
        InterruptedEarlyError: Ctrl-C was pressed, or the terminal was closed.
    """
    with _interruptible():
        try:
            return click.confirm(question, err=True)
        except click.Abort:
            raise KeyboardInterrupt from None


@contextmanager
def _interruptible() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedEarlyError(signal.SIGINT) from None
    finally:
        signal.signal(signal.SIGINT, before)
