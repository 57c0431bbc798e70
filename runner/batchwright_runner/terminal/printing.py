"""Prints what a command was asked for: lists and tables, as against a batch's log."""

import os


class ClosedStdoutError(Exception):
    """Nobody reads stdout any more. Not an `OSError`: click would end with Python's 1 for a broken pipe."""


def print_text(text: str) -> None:
    """Writes a text and a newline to stdout, as UTF-8.

    Raises:
        ClosedStdoutError: Nobody reads it.
    """
    data = f"{text}\n".encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(1, data) :]
    except BrokenPipeError as error:
        raise ClosedStdoutError from error
