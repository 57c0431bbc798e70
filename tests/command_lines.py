"""Command lines as documents show them."""

import shlex
from collections.abc import Iterator

import click

from batchwright_runner.cli import batchwright


def parse(words: list[str]) -> None:
    """Lets click read a command line of batchwright, down to the last verb, without running it."""
    command: click.Command = batchwright
    context = click.Context(command)
    rest = words[1:]
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found, words
        command, rest = found, rest[1:]
    command.make_context(command.name, list(rest))


def calls_of(program: str, line: str) -> Iterator[list[str]]:
    """The words of each call of a program in a line of shell, in ``$(…)`` and behind other programs too."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    for token in [*lexer, ";"]:
        if token and not token.strip("();<>|&"):
            if program in words:
                yield words[words.index(program) :]
            words = []
        else:
            words.append(token)
