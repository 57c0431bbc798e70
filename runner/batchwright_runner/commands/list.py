"""``batchwright list``: shows the batches of a stage."""

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.commands.list_table import list_table, remarks, workflows_table
from batchwright_runner.commands.options import more, stage_option, with_console
from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.stage.all_manifests import all_manifests
from batchwright_runner.host.stage.last_ends import last_ends
from batchwright_runner.host.stage.pauses import pauses
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.stage.watches import expectations
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.terminal.table import table
from batchwright_runner.workbench.page.batch import Batch, declared_batch
from batchwright_runner.workbench.page.data import data_of, workflow_data
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.project.assembly import Assemblies, read_here
from batchwright_runner.workbench.project.batches import NO_BATCHES, read_all, read_workflows
from batchwright_runner.workbench.project.image_folder import missing_dockerfiles


@click.command(
    "list",
    epilog=more("docs/add-a-batch.md", "batchwright list -s staging", "batchwright list --local --json"),
)
@stage_option
@click.option("--local", is_flag=True, help="List what the project in this folder declares.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array: all that is known of each batch.")
@with_console
def list_batches(console: Console, stage: str | None, local: bool, as_json: bool) -> None:
    """List the batches and workflows of a stage: owner, what they are for, when they are due and who starts them.

    In a project's folder, what is deployed is compared with what the project declares for that stage: a batch that was
    removed or renamed can be run until its stack is deleted. Where the next deployment takes a batch's state machine
    away, its runs in progress are named. Of a stage with alerts, it shows how each last run ended, and when.
    """
    now = datetime.now(UTC)
    listing = _declared_here(console, stage or "local", now) if local else _deployed(console, stage, now)
    if as_json:
        here = listing.declared
        entries = [data_of(batch, declared=None if here is None else batch.name in here) for batch in listing.batches]
        entries += [workflow_data(workflow) for workflow in listing.workflows]
        console.print_json(entries)
    elif listing.batches:
        cells = list_table(listing.batches, listing.declared, listing.workflows)
        console.print(table(*cells, line_width(STDOUT), cut_last=True))
        if listing.workflows:
            cells = workflows_table(listing.workflows)
            console.print(f"\n{table(*cells, line_width(STDOUT), cut_last=True)}")
        for name, pause in sorted(listing.paused.items()):
            console.note(f"{name} is paused {pause.words()}")
    else:
        console.note(listing.none)
    for remark in (*remarks(listing.batches, listing.declared), *listing.leaving):
        console.note(remark)


@dataclass(frozen=True, slots=True)
class _Listing:
    """What is listed."""

    batches: Sequence[Batch]
    none: str
    workflows: Sequence[KnownWorkflow] = ()
    # The names that the project in this folder declares; none where that is not known
    declared: Collection[str] | None = None
    paused: Mapping[str, Pause] = field(default_factory=dict)
    # Remarks about machines that the next deployment takes away
    leaving: Sequence[str] = ()


def _declared_here(console: Console, stage: str, now: datetime) -> _Listing:
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        assemblies = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        batches, workflows = assemblies.declared(stage)
    for remark in missing_dockerfiles(project.root, batches, batches, os.environ):
        console.note(remark)
    flows = [KnownWorkflow(record=file.workflow, now=now) for file in workflows]
    return _Listing([declared_batch(batch, now) for batch in batches], NO_BATCHES, flows)


def _deployed(console: Console, stage: str | None, now: datetime) -> _Listing:
    from batchwright_runner.host.fargate.leaving import leaving, left, said_of  # only a stage's list needs it

    with enter_stage(console, stage) as at, doing(console, f"reading the batches of stage {stage}"):
        at.check_account()
        found = all_manifests(at)
        found.say_left_out(at.tell.note)
        manifests, workflows = found.batches, found.workflows
        if not manifests:
            return _Listing([], at.no_batches())
        name = at.target.stage
        here = read_here(at, lambda assembly: (read_all(assembly, name), read_workflows(assembly, name)))
        declared = None if here is None else {batch.manifest.batch: batch.manifest.machine for batch in here[0]}
        names = {*(manifest.batch for manifest in manifests), *(workflow.name for workflow in workflows)}
        held = {name: pause for name, pause in pauses(at).items() if name in names}
        flows_here = None if here is None else {file.workflow.name for file in here[1]}
        gone = said_of(at, leaving(manifests, declared), declared or {}) + left(workflows, flows_here)
        lasts, expected = _lasts(at, [manifest.batch for manifest in manifests]), expectations(at)
        batches = [
            Batch(
                manifest=manifest,
                now=now,
                deployed=True,
                pause=held.get(manifest.batch),
                last=lasts.get(manifest.batch),
                watch=Watch(expected_seconds=expected.get(manifest.batch, 0)),
            )
            for manifest in manifests
        ]
        flows = [KnownWorkflow(record=workflow, now=now, pause=held.get(workflow.name)) for workflow in workflows]
        return _Listing(batches, "", flows, declared, held, gone)


def _lasts(stage: Stage, names: Sequence[str]) -> Mapping[str, Last]:
    """The last ends that the stage's alerts know; none where it has no alerts, or they may not be read."""
    aws = PatientAws(stage.aws, "how the last runs ended cannot be seen", stage.waiter, stage.tell)
    lasts = {}
    try:
        for name, text in last_ends(aws.call, StageNames.of(stage.target), names):
            with suppress(LastError):
                lasts[name] = Last.from_text(text)
    except DeniedError:  # no caller has a right to a table that is not there
        pass
    except ApiError as error:
        stage.tell.note(str(error))
    return lasts
