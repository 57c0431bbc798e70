"""Options of a run: what a person, or a scheduler's form, may set for it, and what the batch gets as a variable."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SCHEDULED = "scheduled"
COMMAND = "command"
STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
"""By which Step Functions links an execution to the one that started it (user guide, "Start workflow executions from a
task state", 2026-11)."""
INPUT = (SCHEDULED, COMMAND, STARTED_BY)
"""What the input of a batch's state machine may hold beside its options, so that no option may be called so."""


RUN, DONE, ASKED_BY, BACKFILL_ID = "run_id", "done", "by", "backfill"
"""What the input of a workflow's machine may hold: the run's id, the steps that are done, each with why, who runs
it again, and the id of the backfill that the run belongs to."""
WORKFLOW_INPUT = (*INPUT, RUN, DONE, ASKED_BY, BACKFILL_ID)
"""All that it may hold beside its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOption:
    """One option of a run.

    Attributes:
        name: Its name, and that of the variable.
        pattern: The regular expression that all of a value matches. Default: any text of one line.
        values: The only values that it may have. Default: any.
        description: What it means; at most 200 characters. Default: none.
    """

    name: str
    pattern: str = ""
    values: Sequence[str] = ()
    description: str = ""


def wrong_value(option: RunOption, value: str) -> str:
    """What is wrong with a value, in words; empty for one that is taken."""
    if option.values:
        return "" if value in option.values else f"allowed: {', '.join(option.values)}"
    if option.pattern:
        try:
            # \d is what it is to a machine's engine, and to Rundeck's: ASCII.
            return "" if re.fullmatch(option.pattern, value, re.ASCII) else f"allowed: what matches {option.pattern}"
        except (re.error, ValueError) as error:  # the latter for (?u), which is not ASCII
            return f"its pattern {option.pattern!r} cannot be read: {error}"
    return "allowed: one line" if value.splitlines() != [value] or "\0" in value else ""
