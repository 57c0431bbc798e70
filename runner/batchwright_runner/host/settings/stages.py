"""The error of a stage that was misspelt, in the same words wherever it is found. Pure."""

from collections.abc import Collection, Iterable

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.text import did_you_mean


def no_such_stage(stage: str, known: Iterable[str], files: Collection[str]) -> UsageError:
    """The error of a stage that the files do not have."""
    have = "does not have it" if len(files) == 1 else "do not have it"
    return UsageError(f"no such stage {stage!r}: {' and '.join(files)} {have}", hint=did_you_mean(stage, known))
