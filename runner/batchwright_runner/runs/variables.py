"""Rules for the variables of one run. Pure."""

from collections.abc import Container, Mapping

from batchwright_runner.errors import UsageError


def refuse_declared(given: Mapping[str, str], parameters: Container[str], secrets: Container[str]) -> None:
    """Refuses to set a declared parameter or secret for one run.

    Raises:
        UsageError: One is given.
    """
    for name in given:
        if name in secrets:
            raise UsageError(
                f"-e {name} is refused: {name} is a declared secret, and a command line is no place for one",
                hint="Change its value with batchwright params set, or in local.env for a local run",
            )
        if name in parameters:
            raise UsageError(
                f"-e {name} is refused: {name} is a declared parameter, which ECS fills in itself",
                hint=f"Change its value with batchwright params set, or declare {name} in environment=",
            )
