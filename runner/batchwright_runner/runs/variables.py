"""Rules for the variables of one run. Pure."""

from collections.abc import Mapping

from batchwright_runner.errors import UsageError


def refuse_declared(given: Mapping[str, str], parameters: Mapping[str, object], secrets: Mapping[str, object]) -> None:
    """Refuses to set a declared parameter or secret for one run on Fargate, where ECS fills them in itself.

    Raises:
        UsageError: One is given.
    """
    for name in given:
        if name in secrets:
            raise UsageError(
                f"-e {name} is refused: {name} is a declared secret, and a command line is no place for one",
                hint="Change its value with batchwright params set; -e sets it with --local only",
            )
        if name in parameters:
            raise UsageError(
                f"-e {name} is refused: {name} is a declared parameter, which ECS fills in itself",
                hint=f"Change its value with batchwright params set, or declare {name} in environment=",
            )
