"""Mistakes in a declaration.

DeclarationError(ValueError)    a batch, a platform, a registry or cdk.json says something that cannot be deployed
  SeveralMistakesError             several that were found at the end of a synthesis
"""

import reprlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.gone import removed_key

if TYPE_CHECKING:
    from batchwright.origins import SourceLine


class DeclarationError(ValueError):
    """A declaration cannot be deployed: says whose it is, the argument, what was given and what is allowed.

    Attributes:
        subject: Whose declaration it is: ``batch daily-report``, ``platform staging``, ``cdk.json``.
        argument: The argument that is wrong.
        origin: The line of the declaration, where the error knows it better than its own traceback.
        remedy: What to do about it, where the message does not say that already.
    """

    def __init__(
        self, subject: str, argument: str, problem: str, origin: "SourceLine | None" = None, remedy: str = ""
    ) -> None:
        super().__init__(": ".join(part for part in (subject, argument, problem) if part))
        self.subject = subject
        self.argument = argument
        self.origin = origin
        self.remedy = remedy


class SeveralMistakesError(DeclarationError):
    """Several mistakes, each in a line of its own."""

    def __init__(self, errors: Sequence[DeclarationError]) -> None:
        super().__init__("", "", "\n".join(map(str, errors)))
        self.errors = tuple(errors)


class _Shortened(reprlib.Repr):
    """Of a dict the keys, and the types of its values: a secret may stand in one."""

    def repr_dict(self, x: Mapping[Any, Any], level: int) -> str:
        """A dict, whole."""
        return f"{{{', '.join(f'{self.repr1(key, level)}: {type(value).__name__}' for key, value in x.items())}}}"

    repr_mappingproxy = repr_dict


shown = _Shortened().repr
"""How an error shows a value of any type."""


def wrong(subject: str, argument: str, given: object, allowed: str) -> DeclarationError:
    """A declaration error in its usual form: what was given, and what is allowed."""
    path = getattr(getattr(given, "node", None), "path", None)
    what = repr(given) if path is None else f"the construct {path}"
    return DeclarationError(subject, argument, f"{what} was given; allowed: {allowed}")


def meant(given: str, known: Iterable[str]) -> list[str]:
    """The known names that someone may have meant: near ones, and those that a name shortens or lengthens.

    `given`: what was given: ``prodution``, ``prod``, ``stg``.
    """
    names = sorted(known)
    near = get_close_matches(given, names)
    return [*near, *(name for name in names if name not in near and (_shortens(given, name) or _shortens(name, given)))]


def _shortens(short: str, name: str) -> bool:
    """Whether a name has the letters of a shorter one, in their order, beginning with the first."""
    letters = iter(name.lower())
    return len(short) > 1 and short[0].lower() == name[0].lower() and all(letter in letters for letter in short.lower())


def unknown(subject: str, argument: str, given: str, known: Iterable[str]) -> DeclarationError:
    """A declaration error for a name that is not one of the known ones, with the nearest of them."""
    names = sorted(known)
    listed = ", ".join(names) if names else "none"
    closest = meant(given, names)
    hint = f"; did you mean {' or '.join(closest)}?" if closest else ""
    return DeclarationError(subject, argument, f"{given!r} was given; known: {listed}{hint}")


def check_keys(subject: str, argument: str, given: Iterable[object], known: Collection[str]) -> None:
    """Raises for a key that is not one of the known ones."""
    for key in given:
        if key not in known:
            raise unknown(subject, argument, str(key), known)


def check_removed(subject: str, context: object, *, within: str = "") -> None:
    """Raises for a removed key of ``cdk.json``'s context, or of the part that is ``within`` a place of it."""
    if gone := removed_key("cdk.json", context):
        raise DeclarationError(
            subject, gone[0].removeprefix(within) if within else f"context.{gone[0]}", f"it was removed. {gone[1]}"
        )
