"""``batchwright catalog``: what the batches of a stage are, as a site, as data or as a picture."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.catalog.build import catalog_of
from batchwright_runner.catalog.folder import write_folder
from batchwright_runner.catalog.model import Catalog
from batchwright_runner.catalog.render import counted, renderer
from batchwright_runner.catalog.site import site, to_json
from batchwright_runner.commands.options import more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.schedules.zones import UTC as UTC_NAME
from batchwright_runner.errors import UsageError
from batchwright_runner.exports.files import ExportedFile, write_files
from batchwright_runner.project.assembly import Assemblies
from batchwright_runner.project.batches import read_all
from batchwright_runner.project.known_names import LOCAL
from batchwright_runner.project.project import find_project
from batchwright_runner.runs.signals import SignalWaiter
from batchwright_runner.terminal.console import Console

HTML, JSON = "html", "json"


@click.command(
    epilog=more(
        "docs/catalog.md",
        "batchwright catalog -o catalog",
        "batchwright catalog -s production -o catalog",
        "batchwright catalog -s production --format json",
    )
)
@stage_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="The folder of the site, or the file."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([HTML, JSON]),
    default=HTML,
    show_default=True,
    help="A site of static pages; or the same as JSON.",
)
@quiet_option
@pass_console
def catalog(console: Console, stage: str | None, output: Path | None, form: str) -> None:
    """Write a catalog of the project's batches: what each is for, whose, when it is due, what it shares.

    The site is a folder of static pages, which needs no server. Without -s it shows the declaration for local runs.
    What an earlier catalog wrote to the folder is replaced; nothing else there is touched.
    """
    if form == HTML and output is None:
        raise UsageError("no folder was given for the pages", hint="Add -o DIR")
    now = datetime.now(UTC)
    if form == HTML:
        render = renderer()
    made = _declared(console, stage or LOCAL, now)
    if form == HTML and output is not None:
        write_folder(output, site(made, render))
        console.note(f"{output / 'index.html'}: {counted(len(made.batches), 'batch', 'batches')} of stage {made.stage}")
        return
    text = to_json(made)
    if output is None:
        console.print(text.removesuffix("\n"))
    else:
        write_files([ExportedFile(output, text)])


def _declared(console: Console, stage: str, now: datetime) -> Catalog:
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        found = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        batches = found.read(stage, lambda assembly: read_all(assembly, stage))
    zone = str(project.context.get("timezone") or UTC_NAME)
    return catalog_of(batches, project=project.name, stage=stage, zone=zone, now=now)
