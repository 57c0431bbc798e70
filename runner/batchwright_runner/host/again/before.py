"""What a run was given that is to run again, and the runs that are refused, of a batch and of a workflow alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a run was given.

    Attributes:
        options: Option to value, of the options that are declared today.
        scheduled: The time for which it was due; empty where that is not known.
        backfill: The backfill that it belongs to; empty for none.
    """

    options: Mapping[str, str]
    scheduled: str
    backfill: str


def in_progress(name: str, stage: str, run: str) -> UsageError:
    """The error of a run that goes on."""
    return UsageError(
        f"{name} was not started: its run {run} is in progress",
        hint=f"Follow it: {command_line('attach', f'{name}@{run}', stage)}",
    )


def of_another(name: str, stage: str, other: str, run: str) -> UsageError:
    """The error of a run that is another batch's, or another workflow's."""
    return UsageError(
        f"--again {run} is refused: that is a run of {other}, not of {name}",
        hint=f"Run it again with {again_line(other, stage, run)}",
    )
