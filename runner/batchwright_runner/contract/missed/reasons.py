"""Why nothing ran for a due time. Pure."""

import re

from batchwright_runner.contract.missed.turns import Turn
from batchwright_runner.contract.missed.watched import UNKNOWN, Blind, Kind, Watched
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.verdicts import Row

REMEMBERED = 3000.0
"""Seconds for which ECS surely knows a task after its end: an hour or so (ECS developer guide, 2026-11)."""
HISTORY_DAYS = 400
"""How long the stage's history keeps the ends of runs, in days: a year, and a month to compare with the year before."""
EXECUTIONS_DAYS = 90
"""Days for which Step Functions knows an execution that has ended (Step Functions quotas, 2026-11)."""


def why_nothing_ran(watched: Watched, blind: Blind, turn: Turn, now: float) -> tuple[Kind, str, str]:
    """Why nothing ran for a due time: the kind of lapse, what it is in a few words, and why.

    `now`: Now, in seconds since 1970.
    """
    at, runs = turn.due.timestamp(), turn.runs
    if watched.pause is not None and _covers(watched.pause, at):
        return "paused", "paused", watched.pause.words()
    if runs and all(run.row is Row.PAUSED for run in runs):
        return "paused", "paused", ""
    hidden = unseen(watched, blind, at, now) if all(run.row is Row.OVERLAP for run in runs) else ""
    if hidden:
        return "unknown", UNKNOWN, hidden
    words = next((run.words for run in reversed(runs) if run.row not in (Row.PAUSED, Row.OVERLAP)), "")
    word, _, reason = words.partition(": ")
    early = "; ".join(f"{run.named} began before it was due" for run in turn.early)
    filled = next((f"made up for by {run.named}" for run in turn.filled if run.good), "")
    may_wait = watched.at_once.waits and watched.scheduler != AWS
    more = [
        reason if word else _refusal(watched, turn) or early,
        filled,
        "a start may still wait at its scheduler: look there before you start another" if may_wait else "",
        f"whether it is paused cannot be seen: {blind.pauses}" if blind.pauses else "",
    ]
    return "missed", word or "did not run", "; ".join(part for part in more if part)


def _refusal(watched: Watched, turn: Turn) -> str:
    """What was in progress in place of a run for a due time, in words; empty for nothing."""
    refused = next((run for run in turn.runs if run.row is Row.OVERLAP), None)
    if refused is None and (watched.at_once.allowed or not turn.others):
        return ""
    if turn.others:
        return f"another run was in progress ({turn.others[0].named})"
    match = re.search(r"\brun (\S+) is in progress", refused.words if refused is not None else "")
    return f"another run was in progress ({match[1]})" if match else "another run was in progress"


def _covers(pause: Pause, at: float) -> bool:
    """Whether a pause held at a due time."""
    since, until = moment(pause.since), moment(pause.until)
    return (since is None or since <= at) and (until is None or at < until)


def unseen(watched: Watched, blind: Blind, at: float, now: float) -> str:
    """Why it cannot be known whether there was a run for a due time; empty where it can.

    `at`: the due time, in seconds since 1970.
    """
    if blind.tasks:
        return blind.tasks
    if watched.machine and blind.machines:
        return blind.machines
    return watched.forgotten if at < now - REMEMBERED else ""
