"""The part of ``batchwright run`` that makes a run for each time that was due between two days."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.due_times import Became, DueDays, became, number_of
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.errors import UsageError
from batchwright_runner.host.backfill.end import BackfillEnd
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.backfill.plan import MANY, Planned, named, plan_of, run_of
from batchwright_runner.host.backfill.run import Backfill
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
    subject: Manifest,
    begin: BeginRun,
    request: Callable[[RunOptions], Mapping[str, Any]] | None = None,
    stage: Stage | None = None,
) -> BackfillEnd | None:
    """Makes a run for each due time that has not succeeded.

    Returns the end; none where the requests were only to be printed.
    """
    name = subject.name
    _refuse(options)
    now = time.time()
    times = _times(options, subject, now, around)
    look = BackfillLook(stage, subject, times) if stage is not None else None
    with doing(around.console, f"reading the runs of {name}"):
        states = _states(look, name, times, now)
    planned = plan_of(states, options.options, every=options.every)
    todo = [due_time for due_time in planned if due_time.runs]
    all_options = [_options_of(options, due_time, run_of(due_time.due, ())) for due_time in todo]
    for due_time in todo or planned[:1]:  # an undeclared option is wrong, also where nothing is left to run
        option_variables(subject, due_time.options, options.environment)
    requests = [request(run_options) for run_options in all_options] if request is not None else []
    if todo or options.dry_run:  # else it is what the table at the end says
        around.tell.note(_beforehand(name, planned))
    if options.dry_run:
        around.console.print_json(requests)
        return None
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

    return Backfill(subject, planned, look, begin_run, around, options.every, options.keep_going).to_the_end()


def _refuse(options: RunOptions) -> None:
    given = {
        "--run-id": options.run.given,
        "--scheduled": options.scheduled,
        "--detach": options.detach,
        "--parallelism": options.parallelism,
    }
    for option in filter(given.get, given):
        raise UsageError(
            f"{option} cannot be combined with --due: one run after another, each of its own, is made and followed",
            hint="Leave one of them out",
        )


def _times(options: RunOptions, subject: Manifest, now: float, around: Surroundings) -> TimesOfDays:
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


def _states(look: BackfillLook | None, name: str, times: TimesOfDays, now: float) -> list[Became]:
    """What became of the due times; nothing is known of them on this machine."""
    if look is None:
        watched = Watched(batch=name, schedule=times.schedule)
        return [
            due_time
            if due_time.state == "not due"
            else replace(due_time, state="missed", word="not known on this machine")
            for due_time in became(watched, Blind(), times.times, now)
        ]
    watched, blind = look.known()
    return became(watched, blind, times.times, now, look.known_since(watched, now))


def _beforehand(name: str, planned: Sequence[Planned]) -> str:
    """What is about to be done, for people."""
    rows = [(due_time.name, "run" if due_time.runs else "left out", due_time.why) for due_time in planned]
    lines = table(("DUE", "WILL BE", "SO FAR"), rows).split("\n")
    if len(lines) > SHOWN:
        lines = [*lines[: SHOWN // 2], f"... {len(lines) - SHOWN} more ...", *lines[-SHOWN // 2 :]]
    count = sum(due_time.runs for due_time in planned)
    return "\n".join([f"{name}: {count:,} of {number_of(planned)} to run, the oldest first", *lines])


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
