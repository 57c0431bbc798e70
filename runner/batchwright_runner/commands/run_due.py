"""The part of ``batchwright run`` that makes a run for each time that was due between two days."""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.due_times import Became, DueDays, became, number_of
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import UsageError
from batchwright_runner.host.backfill.end import BackfillEnd
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.backfill.plan import MANY, Planned, Rhythm, named, plan_of, run_of
from batchwright_runner.host.backfill.run import Backfill
from batchwright_runner.host.cost.cost import Cost
from batchwright_runner.host.missed.due import TimesOfDays, times_of_days
from batchwright_runner.host.runs.end import End
from batchwright_runner.host.runs.options import option_variables
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.protected import ask_first
from batchwright_runner.host.stage.session import Stage, Surroundings
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.terminal.table import table

BeginRun = Callable[[RunOptions, Surroundings], End]
"""Runs what was asked for of one due time."""
SHOWN = 40
"""Due times that are listed beforehand at most."""


def run_due(
    options: RunOptions,
    around: Surroundings,
    subject: BatchManifest | WorkflowRecord,
    begin: BeginRun,
    request: Callable[[RunOptions], Mapping[str, Any]] | None = None,
    stage: Stage | None = None,
) -> BackfillEnd | None:
    """Makes a run for each due time that has not succeeded.

    Returns the end; none where the requests were only to be printed.
    """
    name = subject.name if isinstance(subject, WorkflowRecord) else subject.batch
    parallelism = options.parallelism or 1
    _refuse(options, name, subject.overlap, parallelism)
    now = time.time()
    times = _times(options, subject, now, around)
    look = BackfillLook(stage, subject, times) if stage is not None else None
    with doing(around.console, f"reading the runs of {name}"):
        states, rhythm, cost = _states(look, name, times, now)
    planned = plan_of(states, options.options, every=options.every)
    todo = [due_time for due_time in planned if due_time.runs]
    all_options = [_options_of(options, due_time, run_of(due_time.due, ())) for due_time in todo]
    for due_time in todo or planned[:1]:  # an undeclared option is wrong, also where nothing is left to run
        option_variables(subject, due_time.options, options.environment)
    requests = [request(run_options) for run_options in all_options] if request is not None else []
    if todo or options.dry_run:  # else it is what the table at the end says
        around.tell.note(_beforehand(name, planned, rhythm.usual, cost))
    if options.dry_run:
        around.console.print(json.dumps(requests, indent=2, ensure_ascii=False))
        return None
    if todo and parallelism == 1 and not rhythm.has_room(datetime.now(UTC)):
        hint = "Run one by itself with --scheduled"
        raise UsageError(
            f"--due is refused: {name} usually takes {format_duration(rhythm.usual or 0)}, and no two of its due times "
            "are so far from one another that one more fits between them",
            hint=f"{hint}, or let them run beside others with --parallelism 2" if subject.overlap == "allow" else hint,
        )
    if todo:
        what = (
            f"Run {' '.join(options.command)} as {name}, with its rights and secrets,"
            if options.command
            else f"Run {name}"
        )
        ask_first(
            around.console,
            subject.stage,
            f"{what} for {number_of(todo)}",
            f"{name} was not run",
            protected=stage is not None and subject.protected,
            yes=options.yes,
            always=len(todo) >= MANY,
        )

    def begin_run(due_time: Planned, run: RunId, around: Surroundings) -> End:
        return begin(_options_of(options, due_time, run), around)

    backfill = Backfill(
        subject, planned, look, begin_run, around, rhythm, options.every, options.keep_going, parallelism
    )
    return backfill.to_the_end()


def _refuse(options: RunOptions, name: str, overlap: str, parallelism: int) -> None:
    given = {"--run-id": options.run.given, "--scheduled": options.scheduled, "--detach": options.detach}
    for option in filter(given.get, given):
        raise UsageError(
            f"{option} cannot be combined with --due: each due time has a run of its own, which is followed",
            hint="Leave one of them out",
        )
    if parallelism > 1 and overlap != "allow":
        raise UsageError(
            f'--parallelism {parallelism} is refused: {name} says overlap="{overlap}", and the runs of due times would '
            "run beside one another",
            hint="Leave it out: they run one after the other",
        )


def _times(
    options: RunOptions, subject: BatchManifest | WorkflowRecord, now: float, around: Surroundings
) -> TimesOfDays:
    """The due times that were asked for; what is special about them is reported."""
    try:
        times = times_of_days(subject, DueDays.parse(options.due), now)
    except ValueError as error:
        raise UsageError(f"--due is refused: {error}") from error
    if times.note:
        around.tell.note(times.note)
    if times.times[0].timestamp() > now:
        first = named(times.times[0])
        raise UsageError(f"--due {options.due} is refused: nothing was due yet, and the first time is {first}")
    return times


def _states(
    look: BackfillLook | None, name: str, times: TimesOfDays, now: float
) -> tuple[list[Became], Rhythm, Cost | None]:
    """What became of the due times, when it is due besides, and what a run usually costs; nothing on this machine."""
    if look is None:
        watched = Watched(batch=name, schedule=times.schedule)
        states = [
            due_time
            if due_time.state == "open"
            else replace(due_time, state="missed", word="not known on this machine")
            for due_time in became(watched, Blind(), times.times, now)
        ]
        return states, Rhythm(), None
    view = look.view()
    watched, blind = look.known(view)
    states = became(watched, blind, times.times, now, look.known_since(watched, now))
    grace = watched.grace if watched.scheduler else 0.0
    return states, Rhythm(schedule=times.schedule, usual=look.usual(watched), grace=grace), look.cost(view)


def _beforehand(name: str, planned: Sequence[Planned], usual: float | None, cost: Cost | None) -> str:
    """What is about to be done, for people."""
    rows = [(due_time.name, "run" if due_time.runs else "left out", due_time.why) for due_time in planned]
    lines = table(("DUE", "WILL BE", "SO FAR"), rows).split("\n")
    if len(lines) > SHOWN:
        lines = [*lines[: SHOWN // 2], f"... {len(lines) - SHOWN} more ...", *lines[-SHOWN // 2 :]]
    count = sum(due_time.runs for due_time in planned)
    what = f"{name}: {count:,} of {number_of(planned)} to run, the oldest first"
    if cost is None or not count:
        return "\n".join([what, *lines])
    takes = "not known" if usual is None else f"{format_duration(usual)} each, {format_duration(usual * count)} in all"
    costs = cost.words if cost.dollars is None else f"{cost.times(count).words} in all"
    return "\n".join([what, *lines, f"a run usually takes: {takes}", f"cost: {costs}"])


def _options_of(options: RunOptions, due_time: Planned, run: RunId) -> RunOptions:
    """What is asked for of one due time."""
    return replace(
        options,
        run=run,
        nonce=secrets.token_hex(16),
        options=due_time.options,
        scheduled=due_time.due.isoformat(),
        backfill=options.run.text,
        due="",
        parallelism=None,
    )
