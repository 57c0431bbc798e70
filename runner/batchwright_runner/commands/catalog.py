"""``batchwright catalog``: what the batches of a stage are, as a site or as data."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.commands.options import DURATION, more, stage_or_local_option, with_console
from batchwright_runner.contract.moments import zone
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.stage.session import Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.workbench.files import write_files, write_folder
from batchwright_runner.workbench.page.batch import Batch, declared_batch
from batchwright_runner.workbench.page.catalog import NOT_ASKED, NOT_SEEN, Catalog
from batchwright_runner.workbench.page.look import with_results
from batchwright_runner.workbench.page.site.pages import counted, renderer, site, to_json
from batchwright_runner.workbench.page.workflow import declared_workflow
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.known_names import LOCAL

HTML, JSON = "html", "json"


@click.command(
    epilog=more(
        "docs/catalog.md",
        "batchwright catalog -o catalog",
        "batchwright catalog -s production -o catalog",
        "batchwright catalog -s production --format json",
    )
)
@stage_or_local_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="The folder of the site, or the file."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([HTML, JSON]),
    default=HTML,
    show_default=True,
    help="A site of static pages, or all of it as JSON.",
)
@click.option("--offline", is_flag=True, help="Ask AWS nothing: no past runs are shown.")
@click.option("--since", type=DURATION, default="14d", show_default=True, help="How far back runs are looked for.")
@with_console
def catalog(console: Console, stage: str | None, output: Path | None, form: str, offline: bool, since: int) -> None:
    """Write a catalog of the project's batches and workflows: what each is for, whose, when it is due, what it shares.

    The site is a folder of static pages, which needs no server. Without -s it shows the declaration for local runs;
    with it how the last runs of the stage ended too. An earlier catalog in the folder is replaced; a folder with
    other files is refused.

    Preview: its options and its output may still change.
    """
    if form == HTML and output is None:
        raise UsageError("no pages were written: no folder was given for them", hint="Add -o DIR")
    now = datetime.now(UTC)
    if form == HTML:
        render = renderer()
    stage_catalog = _stage_catalog(console, stage or LOCAL, now, None if offline else since)
    flows = f" and {counted(len(stage_catalog.workflows), 'workflow')}" if stage_catalog.workflows else ""
    written = f"{counted(len(stage_catalog.batches), 'batch', 'batches')}{flows} of stage {stage_catalog.stage}"
    if form == HTML and output is not None:
        write_folder(output, site(stage_catalog, render))
        console.note(f"{output / 'index.html'}: {written}")
        return
    text = to_json(stage_catalog)
    if output is None:
        console.print(text.removesuffix("\n"))
    else:
        write_files({output: text})
        console.note(f"{output}: {written}")


def _stage_catalog(console: Console, stage: str, now: datetime, since: int | None) -> Catalog:
    """The catalog of a stage, with past runs so many seconds back; without them for none, and for local runs."""
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        assemblies = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        declared, flows = assemblies.declared(stage)
        batches: Sequence[Batch] = [declared_batch(file, now) for file in declared]
        results = NOT_ASKED
        if since is not None and stage != LOCAL:
            results, batches = _with_results(console, batches, stage, waiter, since)
    workflows = [declared_workflow(flow, batches, now) for flow in flows]
    return Catalog(
        batches=batches,
        workflows=workflows,
        project=project.name,
        stage=stage,
        zone=str(zone()),
        now=now,
        results=results,
    )


def _with_results(
    console: Console, batches: Sequence[Batch], stage: str, waiter: SignalWaiter, since: int
) -> tuple[str, Sequence[Batch]]:
    try:
        opened = open_stage(stage, Surroundings.of(waiter, console))
    except RunnerError as error:
        console.note(f"past runs are not shown: {error}")
        return NOT_SEEN, batches
    with doing(console, f"reading how the runs of stage {stage} went"):
        return with_results(batches, opened, since)
