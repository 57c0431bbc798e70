"""`Start`: what a start of a batch's machine may bring along."""

from dataclasses import dataclass

from batchwright.errors import wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a start of a batch's machine may bring along: ``fargate=Fargate(startable=Start(command=True))``.

    Attributes:
        command: Whether it may bring a command, in the place of the declared one. Whoever may start the machine then
            runs what they like with the batch's role and secrets. Default: it may not.
    """

    command: bool = False


def check_start(subject: str, given: object) -> None:
    """Raises unless the argument ``startable`` is a `Start`, or was not given.

    Raises:
        DeclarationError: It is something else.
    """
    if given is not None and (not isinstance(given, Start) or not isinstance(given.command, bool)):
        raise wrong(subject, "startable", given, "Start(command=True), or nothing")
