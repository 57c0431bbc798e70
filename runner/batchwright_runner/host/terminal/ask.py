"""Asks a person on the terminal. Ctrl-C ends the command at once, as nothing has been done yet."""

import getpass
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from batchwright_runner.errors import InterruptedEarlyError, UsageError
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.text import visible


def ask_hidden(console: Console, prompt: str) -> str:
    """Asks for a line without showing what is typed."""
    with _interruptible(console), console.above():
        try:
            return getpass.getpass(visible(prompt))
        except EOFError:
            console.raw("\n")
            raise UsageError("no value was given: the input ended") from None


def confirm(console: Console, question: str) -> bool:
    """Asks for a yes or no."""
    with _interruptible(console), console.above():
        try:
            return click.confirm(visible(question), err=True)
        except click.Abort:
            raise KeyboardInterrupt from None


@contextmanager
def _interruptible(console: Console) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        console.raw("\n")
        raise InterruptedEarlyError(signal.SIGINT) from None
    finally:
        signal.signal(signal.SIGINT, before)
