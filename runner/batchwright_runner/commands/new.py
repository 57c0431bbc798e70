"""``batchwright new``: writes the folder of a new batch."""

from pathlib import Path

import click

from batchwright_runner.commands.options import more, pass_console
from batchwright_runner.project.project import find_project
from batchwright_runner.scaffold.batch_files import LANGUAGES, OWNER, Language
from batchwright_runner.scaffold.new_batch import add_batch, report
from batchwright_runner.terminal.console import Console


@click.command(
    epilog=more(
        "docs/first-day.md",
        "batchwright new daily-report --owner finance",
        "batchwright new close-orders --image shop --language ruby",
    )
)
@click.argument("name", metavar="BATCH")
@click.option(
    "--image", metavar="NAME", default="", help="Run an image that another batch builds. Default: one of its own."
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="What its source is written in.",
)
@click.option("--owner", metavar="TEAM", default=OWNER, show_default=True, help="The team to ask when it fails.")
@pass_console
def new(console: Console, name: str, image: str, language: Language, owner: str) -> None:
    """Add a batch to the project in this folder: a folder in batches/."""
    project = find_project(Path.cwd())
    added = add_batch(project, name, image=image, language=language, owner=owner)
    for line in report(added, name, image=image):
        console.note(line)
