"""Mistakes in a declaration.

DeclarationError(ValueError)    a batch, a platform, a registry or cdk.json says something that cannot be deployed
"""

from collections.abc import Iterable
from difflib import get_close_matches


class DeclarationError(ValueError):
    """A declaration cannot be deployed: says whose it is, the argument, what was given and what is allowed.

    Attributes:
        subject: Whose declaration it is: ``batch daily-report``, ``platform staging``, ``cdk.json``.
        argument: The argument that is wrong.
    """

    def __init__(self, subject: str, argument: str, problem: str) -> None:
        super().__init__(f"{subject}: {argument}: {problem}")
        self.subject = subject
        self.argument = argument


def wrong(subject: str, argument: str, given: object, allowed: str) -> DeclarationError:
    """A declaration error in its usual form: what was given, and what is allowed."""
    return DeclarationError(subject, argument, f"{given!r} was given; allowed: {allowed}")


def unknown(subject: str, argument: str, given: str, known: Iterable[str]) -> DeclarationError:
    """A declaration error for a name that is not one of the known ones, with the nearest of them."""
    names = sorted(known)
    listed = ", ".join(names) if names else "none"
    closest = get_close_matches(given, names)
    meant = f"; did you mean {' or '.join(closest)}?" if closest else ""
    return DeclarationError(subject, argument, f"{given!r} was given; known: {listed}{meant}")
