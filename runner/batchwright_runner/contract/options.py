"""Options of a run: what a person, or a scheduler's form, may set for it, and what the batch gets as a variable."""

import re
from collections.abc import Mapping, Sequence
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
LONGEST_VALUE = 256
"""Characters of a value at most: what a pattern costs grows with it."""
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<times>[*+?]|\{\d*,\d*\}|\{\d+\})|.", re.DOTALL)
"""A part of a regular expression: a character, a class of them, or how often the part before it may come."""


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


def may_hang(pattern: str) -> bool:
    """Whether a group that may come more than once has a part that may come more or less often, as in ``(a+)+``.

    Such a pattern may try each way to divide a value: of 40 characters, for hours.
    """
    varies, closed, before = [False], False, ""
    for token in _TOKEN.finditer(pattern):
        part, times = token[0], token["times"]
        if part == "(":
            varies.append(False)
        elif part == ")" and len(varies) > 1:
            closed = varies.pop()
            varies[-1] |= closed
        elif times and before not in ("(", "times"):  # those are (?: and a lazy one
            if before == ")" and closed and times not in ("?", "{0,1}", "{,1}", "{0}", "{1}", "{1,1}"):
                return True
            least, _, most = times.strip("{}").partition(",")
            varies[-1] |= least in ("*", "+", "?") or ("," in times and least != most)
        before = "times" if times and before != "(" else part
    return False


def refused_options(options: Sequence[RunOption], given: Mapping[str, str]) -> tuple[str, str]:
    """Why a run is refused for what was given of its options, and a hint; empty texts where all is taken.

    A blank value counts as none: a form gives all options, filled in or not.
    """
    declared = {option.name: option for option in options}
    for name, value in given.items():
        if name not in declared:
            return f"-o {name} is refused: there is no such option", (
                f"There are: {', '.join(declared)}" if declared else "None is declared"
            )
        if problem := wrong_value(declared[name], value) if value.strip() else "":
            description = declared[name].description
            return f"-o {name}={value} is refused: {problem}", f"{name}: {description}" if description else ""
    return "", ""


def wrong_value(option: RunOption, value: str) -> str:
    """What is wrong with a value, in words; empty for one that is taken."""
    if len(value) > LONGEST_VALUE:
        return f"allowed: at most {LONGEST_VALUE} characters"
    if may_hang(option.pattern):
        return f"its pattern {option.pattern!r} repeats a group that has a repetition"
    if option.values:
        return "" if value in option.values else f"allowed: {', '.join(option.values)}"
    if option.pattern:
        try:
            # \d is what it is to a machine's engine, and to Rundeck's: ASCII.
            return "" if re.fullmatch(option.pattern, value, re.ASCII) else f"allowed: what matches {option.pattern}"
        except (re.error, ValueError) as error:  # the latter for (?u), which is not ASCII
            return f"its pattern {option.pattern!r} cannot be read: {error}"
    return "allowed: one line" if value.splitlines() != [value] or "\0" in value else ""
