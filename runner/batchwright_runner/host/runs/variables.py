"""Rules for the variables of one run. Pure."""

import re
from collections.abc import Container, Mapping, Sequence

from batchwright_runner.errors import UsageError

HIDDEN = "…"
"""What is shown in the place of a value."""
FLAGS = "hqy"
"""The letters of options without a value, which may stand before the ``e`` in one word: ``-qe``."""
_OPTION = re.compile(rf"--env|-[{FLAGS}]*e")
_WITH_VALUE = re.compile(rf"--env=|-[{FLAGS}]*e(?=.)")
"""What sets a variable for one run: a word of its own, and the beginning of one that goes on with the variable."""


def refuse_declared(given: Mapping[str, str], parameters: Container[str], secrets: Container[str]) -> None:
    """Refuses to set a declared parameter or secret for one run on Fargate, where ECS fills them in itself."""
    for name in given:
        if name in secrets:
            raise UsageError(
                f"-e {name} is refused: {name} is a declared secret, and a secret does not belong on a command line",
                hint="Change its value with batchwright params set; -e sets it with --local only",
            )
        if name in parameters:
            raise UsageError(
                f"-e {name} is refused: {name} is a declared parameter, which ECS fills in itself",
                hint=f"Change its value with batchwright params set, or declare {name} in environment=",
            )


def without_values(arguments: Sequence[str]) -> list[str]:
    """A command line that may be shown: ``-e NAME=…`` for ``-e NAME=VALUE``, as a value may be a secret.

    Repeated as it is shown, it is refused: the value has to be written again.

    `arguments`: the command line. What follows ``--`` is the batch's own and stays as it is.
    """
    shown: list[str] = []
    for at, word in enumerate(arguments):
        if word == "--":
            return [*shown, *arguments[at:]]
        follows = at > 0 and _OPTION.fullmatch(arguments[at - 1])
        attached = "" if follows else (_WITH_VALUE.match(word) or ("",))[0]
        name, sign, value = word.removeprefix(attached).partition("=")
        shown.append(f"{attached}{name}{sign}{HIDDEN}" if value and (follows or attached) else word)
    return shown


def refuse_undecoded(variables: Mapping[str, str], command: Sequence[str]) -> None:
    """Refuses what is not UTF-8: ECS and engines would put something else in its place."""
    for what, text in (
        *((name, f"{name}={value}") for name, value in variables.items()),
        ("COMMAND", "\0".join(command)),
    ):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"{what} cannot be passed on: it is not UTF-8", hint="Give it in UTF-8") from error
