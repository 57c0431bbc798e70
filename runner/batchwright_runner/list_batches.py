"""``batchwright list``: shows the batches of a stage."""

import json
import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from batchwright_runner.console import Console
from batchwright_runner.errors import UsageError
from batchwright_runner.interrupts import SignalWaiter
from batchwright_runner.manifest import BatchManifest

_HEAD = ("NAME", "OWNER", "IMAGE", "DESCRIPTION")


@click.command("list")
@click.option("-s", "--stage", envvar="BATCHWRIGHT_STAGE", help="The stage. --local alone means local.")
@click.option("--local", is_flag=True, help="List what the project in this folder declares.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifests as a JSON array.")
def list_batches(stage: str | None, local: bool, as_json: bool) -> None:
    """Lists the batches of a stage with owner, image and description."""
    if not local:
        raise UsageError("only local batches can be listed in this version", hint="Add --local")
    manifests = _declared_here(stage or "local")
    if as_json:
        click.echo(json.dumps([manifest.to_dict() for manifest in manifests], indent=2))
    elif manifests:
        click.echo(table(_HEAD, [_row(manifest) for manifest in manifests]))
    else:
        Console().note("no batches yet: a batch is a package in batches/ with a batch.py")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lays rows out in aligned columns. East Asian wide characters count as two."""
    lines = [head, *rows]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(head) - 1)]
    return "\n".join(
        "  ".join([*(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=False)), line[-1]])
        for line in lines
    )


def _declared_here(stage: str) -> list[BatchManifest]:
    from batchwright_runner.local.declared import read_all
    from batchwright_runner.local.project import find_project
    from batchwright_runner.local.run import assemblies

    project = find_project(Path.cwd())
    with SignalWaiter() as waiter:
        found = assemblies(project, os.environ, waiter, Console())
        batches = found.read(stage, lambda assembly: read_all(assembly, stage))
    return [batch.manifest for batch in batches]


def _row(manifest: BatchManifest) -> tuple[str, str, str, str]:
    image = manifest.image.name or manifest.image.repository
    return manifest.batch, manifest.owner, image, " ".join(manifest.description.split())


def _width(text: str) -> int:
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
