"""``batchwright runs``: shows the runs in progress and the past ones."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import click

from batchwright_runner.commands.options import DURATION, Parsed, batch_argument, more, stage_option, with_console
from batchwright_runner.commands.runs_again import say_again
from batchwright_runner.commands.runs_due import show_due
from batchwright_runner.commands.runs_missed import show_missed
from batchwright_runner.commands.runs_table import runs_table
from batchwright_runner.contract.due_times import DueDays
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.run_entry import Entry, entry_of, expectation
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import RunnerError, UnusableManifestError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.executions import executions_without_tasks
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.stage.all_manifests import Manifests, all_manifests
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.stage.watches import expectations
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width, terminal_height
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.workflows.runs import WorkflowRuns

NONE = "no such runs"
EVERY = 5.0
"""Seconds between two looks with ``--watch``. A look asks ECS alone, which knows a run for an hour after its end."""


@click.command(
    epilog=more(
        "docs/exit-codes.md",
        "batchwright runs -s production --failed --since 1d",
        "batchwright runs daily-report -s staging --limit 20",
        "batchwright runs -s production --watch",
        "batchwright runs daily-report -s staging --json",
        "batchwright runs -s production --missed --since 1d",
        "batchwright runs daily-report -s production --due 2026-11-01..2026-11-07",
    )
)
@batch_argument(required=False)
@stage_option
@click.option("--failed", is_flag=True, help="Only runs that ended with another code than 0.")
@click.option("--since", type=DURATION, default="7d", show_default=True, help="How far back.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the N newest, those in progress first.")
@click.option("--watch", is_flag=True, help="Show it again whenever it has changed, until Ctrl-C.")
@click.option(
    "--missed",
    is_flag=True,
    help="Only what was due and did not run, takes longer than expected, or began twice. Exit 1 for any.",
)
@click.option(
    "--due",
    type=Parsed("days", DueDays.parse),
    metavar="DAY..DAY",
    help="What became of each time at which BATCH was due on these days, both included. DAY.. is until today.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, with whole ids, times and reasons.")
@with_console
def runs(
    console: Console,
    batch: str | None,
    stage: str | None,
    failed: bool,
    since: int,
    limit: int | None,
    watch: bool,
    missed: bool,
    due: DueDays | None,
    as_json: bool,
) -> int:
    """List the runs of a stage, or of one BATCH or workflow: those in progress, then past ones, the newest first.

    RUN is what attach, stop, logs and describe take. BY is who started it. A run that was retried is one line, with
    the result of its last attempt. Below a workflow's run are those of its steps. Of a whole stage, a run is late that
    takes longer than its batch says with expected=. The last lines say how to run again what has failed.

    With --missed, what cannot be looked at is reported and is not a success: exit 1.
    """
    given = {"--missed": missed, "--due": due, "--failed": failed, "--limit": limit, "--watch": watch}
    _check([*filter(given.get, given)], batch, as_json=as_json)
    with enter_stage(console, stage) as at:
        with doing(console, f"reading the runs of {batch or f'stage {at.target.stage}'}"):
            if due is not None:
                return show_due(console, at, _meant(at, batch), due, as_json=as_json)
            if missed:
                return show_missed(console, at, _meant(at, batch), since, as_json=as_json)
            found, workflows = _runs_of(at, batch, since)
            none = NONE if found.manifests else f"{NONE}. {at.no_batches()}"
            steps = workflows is not None and batch is not None
            known_runs = _KnownRuns(found, since, limit if limit and not failed and not steps else 0, steps=steps)
            first = known_runs.look()
            # Who may run one batch alone may not read what is watched of it.
            expected = expectations(at) if first and batch is None else {}
        waiter, shown = at.waiter, ""
        while True:
            joined = _with_workflows(first or known_runs.look(), workflows, only=batch is not None)
            shown_runs = [run for run in joined if isinstance(run, StepsRun) or _ended_within(since, run)]
            entries = _wanted(shown_runs, expected, failed=failed)[:limit]
            first = []
            if as_json:
                console.print_json(entries)
                return 0
            shorter = entries[: terminal_height(1) - 2] if watch else entries
            text = runs_table(shorter, line_width(STDOUT)) if entries else none
            text = "\n".join(text.split("\n")[: terminal_height(1) - 1]) if watch else text
            if text != shown and entries:
                console.page(text)
            elif text != shown:
                console.note(none)
            shown = text
            if not watch:
                say_again(at, shown_runs)
                return 0
            waiter.wait(EVERY)
            if waiter.signals:
                console.fresh_line()
                return 0


def _check(given: Sequence[str], batch: str | None, *, as_json: bool) -> None:
    """Refuses options that do not go together."""
    if given[1:] and given[0] in ("--missed", "--due"):
        raise UsageError(
            f"{given[0]} cannot be combined with {' or '.join(given[1:])}: it shows due times, and no runs",
            hint="Give one of them",
        )
    if "--due" in given and batch is None:
        raise UsageError("--due needs a BATCH or a workflow: each has due times of its own", hint="Name one")
    if "--watch" in given and as_json:
        raise UsageError("--watch cannot be combined with --json, whose array has to end", hint="Give one of them")


def _meant(stage: Stage, name: str | None) -> Manifests:
    """The batches and workflows whose runs are meant: one, or all."""
    stage.check_account()
    if name is None:
        return all_manifests(stage)
    found = Manifests()
    try:
        found.add(stage.read(name))
    except UnusableManifestError as error:
        found.unusable[name] = error
    return found


def _runs_of(stage: Stage, name: str | None, since: int) -> tuple[Runs, WorkflowRuns | None]:
    """The runs of batches, and those of workflows where there are some.

    Of batches whose manifests cannot be used nothing is shown.
    """
    found = _meant(stage, name)
    if name is not None and found.workflows:
        batches = dict.fromkeys(step.batch for step in found.workflows[0].all_steps)
        manifests = [stage.read_batch(batch) for batch in batches]
        return Runs(stage, manifests), _workflows(stage, since, found.workflows, manifests)
    found.say_left_out(stage.tell.note)
    return Runs(stage, found.batches), _workflows(stage, since, found.workflows) if found.workflows else None


def _workflows(
    stage: Stage, since: int, workflows: Sequence[WorkflowManifest], manifests: Sequence[BatchManifest] = ()
) -> WorkflowRuns:
    aws = PatientAws(stage.aws, "the runs of workflows cannot be seen", stage.waiter, stage.tell)
    return WorkflowRuns(aws, workflows, lambda: time.time() - since, stage.waiter.now, manifests)


def _with_workflows(runs: Sequence[Run], workflows: WorkflowRuns | None, *, only: bool) -> Sequence[Run]:
    """The runs of workflows, each with those of its steps, among the other runs, or alone."""
    if workflows is None:
        return runs
    try:
        whole, others = workflows.join(runs)
    except ApiError as error:
        raise RunnerError(f"the runs of workflows cannot be seen: {error}") from error
    return sorted([*whole, *(() if only else others)], key=lambda run: (not run.in_progress, -run.created))


@dataclass(slots=True)
class _KnownRuns:
    """The runs that are known. The past is read once, and again where a run in progress is not shown any more."""

    runs: Runs
    # How far back, in seconds
    since: int
    # So many of the newest are wanted; 0 for all
    enough: int
    # Whether they are wanted as steps of one workflow alone, whose runner may list no machine of its batches
    steps: bool = False
    _ended: dict[str, Attempt] | None = None
    _going_on: list[Attempt] = field(default_factory=list)

    def look(self) -> list[Run]:
        """Those in progress, then those that have ended, the newest first."""
        try:
            current = self.runs.current()
            ended = self._past_of(current)
            begin = time.time() - self.since
            attempts = [*current, *ended.values()]
            machines = [] if self.steps else self.runs.manifests
            waiting = executions_without_tasks(self.runs.aws, machines, attempts, begin, enough=self.enough)
            both = [*current, *waiting]
        except ApiError as error:
            raise RunnerError(f"the runs cannot be seen: {error}") from error
        self._going_on = [attempt for attempt in both if not attempt.state.ended]
        # What is in progress is looked at anew: only an end is for good.
        self._ended = ended | {attempt.arn: attempt for attempt in both if attempt.state.ended}
        runs = runs_from([*self._ended.values(), *self._going_on])
        return sorted(runs, key=lambda run: not run.in_progress)

    def _past_of(self, current: Sequence[Attempt]) -> dict[str, Attempt]:
        """The attempts that have ended, as far as they are known without ECS."""
        if self._ended is None:
            past = self.runs.past(since=time.time() - self.since, enough=self.enough)
            return {attempt.arn: attempt for attempt in past}
        shown = {attempt.arn for attempt in current}
        gone = [attempt for attempt in self._going_on if attempt.has_task and attempt.arn not in shown]
        if not gone:
            return self._ended
        # ECS has forgotten them, as after an outage or while this host slept.
        past = self.runs.past(since=min(attempt.created for attempt in gone))
        return self._ended | {attempt.arn: attempt for attempt in past}


def _ended_within(since: int, run: Run) -> bool:
    """Whether it goes on or ended so few seconds ago. ECS shows what ended within the hour or so, however short."""
    return run.in_progress or run.ended is None or run.ended >= time.time() - since


def _wanted(runs: Sequence[Run], expected: Mapping[str, int], *, failed: bool) -> list[Entry]:
    wanted = [run for run in runs if not failed or not (run.in_progress or run.succeeded)]
    entries = [entry_of(run, time.time()) for run in wanted]
    return [{**entry, **expectation(entry, expected)} for entry in entries]
