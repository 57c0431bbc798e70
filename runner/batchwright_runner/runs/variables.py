"""Rules for the variables of one run. Pure."""

from collections.abc import Container, Mapping, Sequence

from batchwright_runner.errors import UsageError

OPTIONS = ("-e", "--env")
"""What sets a variable for one run."""


def refuse_declared(given: Mapping[str, str], parameters: Container[str], secrets: Container[str]) -> None:
    """Refuses to set a declared parameter or secret for one run on Fargate, where ECS fills them in itself.

    Raises:
        UsageError: One is given.
    """
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
    """A command line that may be shown: of ``-e NAME=VALUE`` only ``-e NAME``, as a value may be a secret.

    Repeated as it is shown, it takes the shell's own value of that name, and is refused where there is none. A mask in
    the value's place would be passed to the batch.

    Args:
        arguments: The command line. What follows ``--`` is the batch's own and stays as it is.
    """
    shown: list[str] = []
    for at, word in enumerate(arguments):
        if word == "--":
            return [*shown, *arguments[at:]]
        follows = at > 0 and arguments[at - 1] in OPTIONS
        attached = next((start for start in ("--env=", "-e") if word.startswith(start) and word not in OPTIONS), "")
        name = word.removeprefix(attached).partition("=")[0]
        shown.append(f"{attached}{name}" if follows or attached else word)
    return shown
