"""`Option`: what one run may be given."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright.arguments import checked_fields
from batchwright.errors import DeclarationError, wrong
from batchwright_runner.contract.checks import DESCRIPTION_LIMIT, OWN_VARIABLES, VARIABLE
from batchwright_runner.contract.options import INPUT, LONGEST_VALUE, RunOption, may_hang


@checked_fields
@dataclass(frozen=True, slots=True)
class Option:
    """An option of a run: ``batchwright run daily-report -o DATE=2026-11-24``, or a field of Rundeck's form.

    The batch gets it as a variable. A blank one is as none: then the variable is what ``environment`` says, or not set.

    Attributes:
        name: Its name, and that of the variable. ``scheduled`` and ``command`` mean something else to a state machine.
        pattern: A regular expression that all of a value must match, in what Python and Java have in common, without a
            repetition in a repeated group. Default: any text of one line.
        values: The only values that it may have. Default: any.
        description: What it means, at most 200 characters. Default: none.
    """

    name: str
    pattern: str | None = None
    values: Sequence[str] = ()
    description: str = ""


def run_options(
    subject: str, options: Sequence[Option], *, values: Collection[str], taken: Sequence[str] = INPUT
) -> tuple[RunOption, ...]:
    """The options of a batch, or of a workflow, as the manifest has them."""
    argument = "options"
    if isinstance(options, (str, Option)) or not isinstance(options, Sequence):
        raise wrong(subject, argument, options, "a list, such as [Option('DATE')]")
    checked: list[RunOption] = []
    for option in options:
        if not isinstance(option, Option):
            raise wrong(subject, argument, option, "an Option, such as Option('DATE')")
        if option.name in [earlier.name for earlier in checked]:
            raise DeclarationError(subject, argument, f"{option.name} was given twice; allowed: each name once")
        if option.name in values:
            problem = f"{option.name} is a parameter or a secret too, which ECS fills in itself; allowed: another name"
            raise DeclarationError(subject, argument, problem)
        checked.append(_checked(f"{subject}: options", option, taken))
    return tuple(checked)


def options_fields(options: Sequence[RunOption]) -> dict[str, Any]:
    """The manifest's fields about them."""
    fields = ("name", "pattern", "values", "description")
    return {
        "options": [
            {name: _plain(getattr(option, name)) for name in fields if getattr(option, name)} for option in options
        ]
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - a text, or several
    return value if isinstance(value, str) else list(value)


def _checked(subject: str, option: Option, taken: Sequence[str]) -> RunOption:
    if not isinstance(option.name, str) or not VARIABLE.fullmatch(option.name) or option.name.startswith(OWN_VARIABLES):
        allowed = f"the name of a variable, such as DATE, that does not begin with {OWN_VARIABLES}"
        raise wrong(subject, "name", option.name, allowed)
    if option.name in taken:
        allowed = f"a name other than {', '.join(taken)}, which the input of its state machine has for itself"
        raise wrong(subject, "name", option.name, allowed)
    subject = f"{subject}: {option.name}"
    if option.pattern is not None:
        _check_pattern(subject, option.pattern)
    values: list[str] = list(option.values) if isinstance(option.values, (list, tuple)) else [str(option.values)]
    for value in values:
        if not isinstance(value, str) or not value.isprintable() or value != value.strip() or not value:
            raise wrong(subject, "values", value, "a list of texts of one line, without spaces around them")
        if len(value) > LONGEST_VALUE:
            raise wrong(subject, "values", value, f"texts of at most {LONGEST_VALUE} characters")
        if option.pattern and not re.fullmatch(option.pattern, value, re.ASCII):
            raise wrong(subject, "values", value, f"what matches the pattern {option.pattern}, or no pattern")
    if len(set(values)) < len(values):
        raise wrong(subject, "values", values, "each value once")
    if not isinstance(option.description, str) or len(option.description) > DESCRIPTION_LIMIT:
        raise wrong(subject, "description", option.description, f"a text of at most {DESCRIPTION_LIMIT} characters")
    description = " ".join(option.description.split())
    return RunOption(name=option.name, pattern=option.pattern or "", values=tuple(values), description=description)


def _check_pattern(subject: str, pattern: object) -> None:
    if not isinstance(pattern, str) or not pattern or not pattern.isprintable():
        raise wrong(subject, "pattern", pattern, r"a regular expression, such as r'\d{4}-\d\d-\d\d'")
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, ValueError, OverflowError) as error:
        raise DeclarationError(subject, "pattern", f"{pattern!r} is not a regular expression: {error}") from error
    if may_hang(pattern):
        problem = (
            f"{pattern!r} repeats a group that has a repetition, and a value could take it hours; allowed: one of both"
        )
        raise DeclarationError(subject, "pattern", problem)
