"""``batchwright runs --due``: the due times of some days, and what became of each."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from batchwright_runner.commands.runs_missed import SAID
from batchwright_runner.contract.due_times import Became, DueDays, became, counted, number_of
from batchwright_runner.contract.missed.watched import UNKNOWN
from batchwright_runner.contract.moments import MINUTES, SHORT, cell, head, shown, zone
from batchwright_runner.errors import UsageError
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.due import known_since, times_of_days
from batchwright_runner.host.stage.all_manifests import Manifests
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.table import table

MOST = 1000
"""Due times that are shown."""
_TO_FILL = ("failed", "missed", "not run", "paused")


def show_due(console: Console, stage: Stage, found: Manifests, days: DueDays, *, as_json: bool) -> int:
    """Shows it.

    Returns 0: it is a table to look at.
    """
    for error in found.unusable.values():
        raise error
    now, subject = time.time(), found.all[0]
    asked = times_of_days(subject, days, now)
    times = asked.times
    if len(times) > MOST:
        raise UsageError(
            f"--due is refused: these are {len(times):,} due times, and {MOST:,} are shown at most",
            hint="Give fewer days",
        )
    view = BackfillLook(stage, subject, asked).view()
    watched = view.batches[0]
    states = became(watched, view.blind, times, now, known_since(Runs(stage, found.batches).aws, subject, now))
    if as_json:
        console.print_json([_entry(watched.batch, due_time) for due_time in states])
        return 0
    console.page(_table(states, line_width(STDOUT)))
    if str(asked.zone) != str(zone()):
        console.note(f"the days are those of {asked.zone}, in which {watched.batch} is due")
    for line in filter(None, [asked.note, watched.problem, *_notes(stage, watched.batch, states)]):
        console.note(line)
    return 0


def _entry(name: str, due_time: Became) -> dict[str, Any]:
    run = due_time.run
    return {
        "batch": name,
        "due": due_time.due.isoformat(),
        "state": due_time.state,
        "word": due_time.word,
        "why": due_time.why,
        "run": run.id if run else "",
        "by": run.by if run else "",
        "backfill": run.backfill if run else "",
    }


def _table(states: Sequence[Became], width: int) -> str:
    form = SHORT if len({due_time.due.year for due_time in states}) == 1 else MINUTES
    rows = [
        (
            cell(due_time.due, form),
            due_time.said,
            (due_time.run.id if due_time.run else "") or "-",
            due_time.run.by if due_time.run else "-",
        )
        for due_time in states
    ]
    return table(
        (head("DUE", (due_time.due for due_time in states)), "RESULT", "RUN", "BY"), rows, width, cut_last=True
    )


def _notes(stage: Stage, name: str, states: Sequence[Became]) -> Iterator[str]:
    """Why the last of those that did not succeed did not, what they are together, and how they are made up for."""
    yield from dict.fromkeys(f"{UNKNOWN}: {due_time.why}" for due_time in states if due_time.state == "unknown")
    for due_time in [due_time for due_time in states if due_time.why and due_time.state != "unknown"][-SAID:]:
        yield f"due {shown(due_time.due)}: {due_time.word}: {due_time.why}"
    yield f"{number_of(states)} of {name}: {counted(states)}"
    to_fill = [due_time.due for due_time in states if due_time.state in _TO_FILL]
    if to_fill:
        days = "..".join(dict.fromkeys(f"{at:%Y-%m-%d}" for at in (to_fill[0], to_fill[-1])))
        what = "it" if len(to_fill) == 1 else "them"
        yield f"make up for {what}: batchwright run {name} -s {stage.target.stage} --due {days}"
