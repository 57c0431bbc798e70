"""The input of a batch's execution: what is wrong with it, and the variables that it makes. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import COMMAND, SCHEDULED, STARTED_BY, RunOption, refused_options
from batchwright_runner.contract.schedules.due_variables import due_variables
from batchwright_runner.contract.variables import BACKFILL, RUN_ID, SCHEDULED_DATE, SCHEDULED_TIME
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE

LONGEST_TIME = 64
"""Characters of ``scheduled``: ISO 8601 with an offset has 25."""
_OF_WORKFLOWS = (FAILED_VARIABLE, BACKFILL)
"""What a workflow alone says to its steps."""


def is_step(given: Mapping[str, Any]) -> bool:
    """Whether a workflow has started it, which alone says the day.

    Keys that are not known are passed over then, as what the workflow knows may be older; and no other run for the same
    due time is looked for, as each step is to run.
    """
    return SCHEDULED_DATE in given


def due_time(given: Any) -> str:  # noqa: ANN401 - JSON
    """The time for which it is due, where another run may be for the same; else an empty text."""
    due = given.get(SCHEDULED) if isinstance(given, Mapping) and not is_step(given) else ""
    return due if isinstance(due, str) else ""


def wrong_input(manifest: BatchManifest, given: Any, *, takes_command: bool) -> str:  # noqa: ANN401 - JSON
    """Why an input is refused; empty for one that is taken."""
    declared = [option.name for option in manifest.options]
    if problem := problem_of(given, manifest.options, [SCHEDULED, *([COMMAND] if takes_command else []), *declared]):
        return problem
    command = given.get(COMMAND, ["-"]) if takes_command else ["-"]
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        return f'{COMMAND} is not a list of texts: allowed is such as ["python", "-m", "report"]'
    for name in (SCHEDULED_DATE, *(_OF_WORKFLOWS if is_step(given) else ())):
        if not isinstance(given.get(name, ""), str):
            return f"{name} is not a text"
    return ""


def problem_of(given: Any, options: Sequence[RunOption], allowed: Sequence[str]) -> str:  # noqa: ANN401 - JSON
    """Why an input is refused, of a batch's or a workflow's machine: its form, its keys, its time or an option."""
    if not isinstance(given, Mapping):
        return "the input is not an object"
    unknown = [name for name in given if name not in allowed and name != STARTED_BY]
    if unknown and not is_step(given):
        return f"the input has {', '.join(unknown)}: allowed are {', '.join(allowed)}"
    due = given.get(SCHEDULED, "")
    if not isinstance(due, str) or len(due) > LONGEST_TIME:
        return f"{SCHEDULED} is not a time: allowed is ISO 8601 with an offset, such as 2026-11-25T02:30:00+09:00"
    declared = [option.name for option in options if option.name in given]
    for name in declared:
        if not isinstance(given[name], str):
            return f"{name} is not a text"
    problem, hint = refused_options(options, {name: given[name] for name in declared})
    return f"{problem}; {hint}" if hint else problem


def variables_of(manifest: BatchManifest, given: Mapping[str, Any], run: str) -> dict[str, str]:
    """The variables of a run's main container."""
    due = str(given.get(SCHEDULED, ""))
    times = {SCHEDULED_TIME: due, SCHEDULED_DATE: ""}
    if due:
        times |= due_variables(due, manifest.schedule, datetime.now(UTC))
    if given.get(SCHEDULED_DATE):
        times[SCHEDULED_DATE] = str(given[SCHEDULED_DATE])
    names = [option.name for option in manifest.options]
    options = {name: str(given[name]) for name in names if str(given.get(name, "")).strip()}
    of_workflow = {name: str(given[name]) for name in _OF_WORKFLOWS if is_step(given) and name in given}
    return {RUN_ID: run, **times, **options, **of_workflow}


def command_of(given: Mapping[str, Any], *, takes_command: bool) -> list[str]:
    """What replaces the declared command; empty for that."""
    return list(given.get(COMMAND, ())) if takes_command else []
