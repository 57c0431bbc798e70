"""``batchwright runs --due``: the due times of some days, and what became of each."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from batchwright_runner.commands.runs_missed import SAID
from batchwright_runner.contract.due_times import Became, DueDays, became, counted, number_of
from batchwright_runner.contract.missed.watched import UNKNOWN
from batchwright_runner.contract.moments import MINUTES, SHORT, cell, head, shown, zone
from batchwright_runner.errors import UsageError
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.due import known_since, times_of_days
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.table import table

if TYPE_CHECKING:
    from batchwright_runner.contract.workflows.record import WorkflowRecord

MOST = 1000
"""Due times that are shown."""
_TO_FILL = ("failed", "missed", "not run", "paused")


def show_due(
    console: Console, stage: Stage, runs: Runs, workflows: "Sequence[WorkflowRecord]", days: DueDays, *, as_json: bool
) -> int:
    """Shows it.

    Args:
        console: Where it is printed.
        stage: The stage.
        runs: The runs of the batch; of none for a workflow.
        workflows: The workflow; none for a batch.
        days: The days.
        as_json: Whether a JSON array is printed.

    Returns:
        0: it is a table to look at.

    Raises:
        UsageError: Nothing was due, or too much.
        RunnerError: Something failed that is no lack of permission, or the manifest cannot be used.
    """
    for error in runs.unusable.values():
        raise error
    now, subject = time.time(), (workflows or runs.manifests)[0]
    asked = times_of_days(subject, days, now)
    times = asked.times
    if len(times) > MOST:
        raise UsageError(
            f"--due is refused: these are {len(times):,} due times, and {MOST:,} are shown at most",
            hint="Give fewer days",
        )
    watched, blind = BackfillLook(stage, subject, asked).seen()
    found = became(watched, blind, times, now, known_since(runs.aws, subject, now))
    if as_json:
        console.print(json.dumps([_entry(watched.batch, one) for one in found], indent=2, ensure_ascii=False))
        return 0
    console.page(_table(found, line_width(STDOUT)))
    if str(asked.zone) != str(zone()):
        console.note(f"the days are those of {asked.zone}, in which {watched.batch} is due")
    for line in filter(None, [asked.note, watched.problem, *_notes(stage, watched.batch, found)]):
        console.note(line)
    return 0


def _entry(name: str, one: Became) -> dict[str, Any]:
    run = one.run
    return {
        "batch": name,
        "due": one.due.isoformat(),
        "state": one.state,
        "word": one.word,
        "why": one.why,
        "run": run.id if run else "",
        "by": run.by if run else "",
        "backfill": run.backfill if run else "",
    }


def _table(found: Sequence[Became], width: int) -> str:
    form = SHORT if len({one.due.year for one in found}) == 1 else MINUTES
    rows = [
        (
            cell(one.due, form),
            one.said,
            (one.run.id if one.run else "") or "-",
            one.run.by if one.run else "-",
        )
        for one in found
    ]
    return table((head("DUE", (one.due for one in found)), "RESULT", "RUN", "BY"), rows, width, cut_last=True)


def _notes(stage: Stage, name: str, found: Sequence[Became]) -> Iterator[str]:
    """Why the last of those that did not succeed did not, what they are together, and how they are made up for."""
    yield from dict.fromkeys(f"{UNKNOWN}: {one.why}" for one in found if one.state == "unknown")
    for one in [one for one in found if one.why and one.state != "unknown"][-SAID:]:
        yield f"due {shown(one.due)}: {one.word}: {one.why}"
    yield f"{number_of(found)} of {name}: {counted(found)}"
    left = [one.due for one in found if one.state in _TO_FILL]
    if left:
        days = "..".join(dict.fromkeys(f"{at:%Y-%m-%d}" for at in (left[0], left[-1])))
        what = "it" if len(left) == 1 else "them"
        yield f"make up for {what}: batchwright run {name} -s {stage.target.stage} --due {days}"
