"""``batchwright list``: shows the batches of a stage."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.commands.list_table import described, described_workflow, list_table, remarks, workflows_table
from batchwright_runner.commands.options import more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.names import MUTED_ALL
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.stage.all_batches import all_batches
from batchwright_runner.host.stage.all_workflows import all_workflows
from batchwright_runner.host.stage.last_ends import last_ends
from batchwright_runner.host.stage.leaving import leaving, said_of
from batchwright_runner.host.stage.pauses import ALERTS, BATCHES, pauses
from batchwright_runner.host.stage.session import Stage, work_in
from batchwright_runner.host.stage.watches import expectations
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.terminal.table import table
from batchwright_runner.workbench.page.batch import Batch, declared_batch
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.project.assembly import Assemblies, declared_here
from batchwright_runner.workbench.project.batches import read_all, read_workflows
from batchwright_runner.workbench.project.image_folder import missing_dockerfiles


@click.command(
    "list",
    epilog=more("docs/add-a-batch.md", "batchwright list -s staging", "batchwright list --local --json"),
)
@stage_option
@click.option("--local", is_flag=True, help="List what the project in this folder declares.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array: all that is known of each batch.")
@quiet_option
@pass_console
def list_batches(console: Console, stage: str | None, local: bool, as_json: bool) -> None:
    """List the batches and workflows of a stage: owner, what they are for, when they are due and who starts them.

    In a project's folder, what is deployed is compared with what the project declares for that stage: a batch that was
    removed or renamed can be run until its stack is deleted. Where the next deployment takes a batch's state machine
    away, its runs in progress are named. Of a stage with alerts, it shows how each last run ended, and when.
    """
    now = datetime.now(UTC)
    shown = _declared_here(console, stage or "local", now) if local else _deployed(console, stage, now)
    if as_json:
        found = [described(batch, shown.declared) for batch in shown.batches]
        found += [described_workflow(workflow) for workflow in shown.workflows]
        console.print(json.dumps(found, indent=2))
    elif shown.batches:
        cells = list_table(shown.batches, shown.declared, shown.workflows)
        console.print(table(*cells, line_width(STDOUT), cut_last=True))
        if shown.workflows:
            cells = workflows_table(shown.workflows)
            console.print(f"\n{table(*cells, line_width(STDOUT), cut_last=True)}")
        for name, pause in sorted(shown.paused.items()):
            console.note(f"{name} is paused {pause.words()}")
        for name, mute in sorted(shown.muted.items()):
            whose = "all batches" if name == MUTED_ALL else name
            console.note(f"messages about {whose} are muted {mute.words()}")
    else:
        console.note(shown.none)
    for remark in (*remarks(shown.batches, shown.declared), *shown.leaving):
        console.note(remark)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown.

    Attributes:
        batches: The batches.
        none: What is said where there are none.
        workflows: The workflows.
        declared: The names that the project in this folder declares; none where that is not known.
        paused: Batch or workflow to pause, of those that are paused.
        muted: Batch, or `MUTED_ALL`, to the record of what is said of it being muted, of those that are.
        leaving: What is said of machines that the next deployment takes away.
    """

    batches: Sequence[Batch]
    none: str
    workflows: Sequence[KnownWorkflow] = ()
    declared: Collection[str] | None = None
    paused: Mapping[str, Pause] = field(default_factory=dict)
    muted: Mapping[str, Pause] = field(default_factory=dict)
    leaving: Sequence[str] = ()


def _declared_here(console: Console, stage: str, now: datetime) -> _Shown:
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        found = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        batches, workflows = found.read(
            stage, lambda assembly: (read_all(assembly, stage), read_workflows(assembly, stage))
        )
    for remark in missing_dockerfiles(project.root, batches, batches, os.environ):
        console.note(remark)
    none = "no batches yet: batchwright new BATCH makes the first one"
    flows = [KnownWorkflow(record=file.workflow, now=now) for file in workflows]
    return _Shown([declared_batch(batch, now) for batch in batches], none, flows)


def _deployed(console: Console, stage: str | None, now: datetime) -> _Shown:
    with work_in(console, stage) as work, doing(console, f"reading the batches of stage {stage}"):
        work.stage.check_account()
        found = all_batches(work.stage)
        if not found:
            return _Shown([], f"{work.stage.no_batches()}: cdk deploy makes those that the project declares")
        here = declared_here(work.stage)
        declared = None if here is None else {one.manifest.batch: one.manifest.machine for one in here}
        workflows = _workflows(work.stage) if any(one.machine for one in found) else []
        names = {MUTED_ALL, *(one.batch for one in found), *(workflow.name for workflow in workflows)}
        held, muted = (
            {name: pause for name, pause in pauses(work.stage, kind).items() if name in names}
            for kind in (BATCHES, ALERTS)
        )
        gone = said_of(work.stage, leaving(found, declared), declared or {})
        lasts, expected = _lasts(work.stage, [one.batch for one in found]), expectations(work.stage)
        batches = [
            Batch(
                manifest=one,
                now=now,
                deployed=True,
                pause=held.get(one.batch),
                mute=muted.get(one.batch, muted.get(MUTED_ALL)),
                last=lasts.get(one.batch),
                watch=Watch(expected_seconds=expected.get(one.batch, 0)),
            )
            for one in found
        ]
        flows = [KnownWorkflow(record=one, now=now, pause=held.get(one.name)) for one in workflows]
        return _Shown(batches, "", flows, declared, held, muted, gone)


def _workflows(stage: Stage) -> Sequence[WorkflowRecord]:
    """The workflows of a stage; none where the caller may not see them."""
    with suppress(DeniedError):
        return all_workflows(stage)
    return []


def _lasts(stage: Stage, names: Sequence[str]) -> Mapping[str, Last]:
    """The last ends that the stage's alerts know; none where it has no alerts, or they may not be read."""
    aws = PatientAws(stage.aws, "how the last runs ended cannot be seen", stage.waiter, stage.tell)
    lasts = {}
    try:
        for name, text in last_ends(aws.call, stage.target.project, stage.target.stage, names):
            with suppress(LastError):
                lasts[name] = Last.from_text(text)
    except DeniedError:  # nobody has a right to a table that is not there
        pass
    except ApiError as error:
        stage.tell.note(str(error))
    return lasts
