"""``batchwright release`` and ``batchwright rollback``."""

import json

import click

from batchwright_runner.commands.options import json_option, pass_console, stage_option
from batchwright_runner.releases.move import Moved
from batchwright_runner.releases.record import Record
from batchwright_runner.releases.release import Releasing, releasing
from batchwright_runner.terminal.console import Console

registry_option = click.option(
    "--registry",
    envvar="BATCHWRIGHT_REGISTRY",
    show_envvar=True,
    default="",
    help="The registry, ACCOUNT.dkr.ecr.REGION.amazonaws.com. Default: batchwright.toml's, or the stage's own.",
)


@click.command()
@click.argument("image")
@click.option("--tag", required=True, help="The tag of the image, sha-….")
@stage_option
@registry_option
@json_option
@pass_console
def release(console: Console, image: str, tag: str, stage: str | None, registry: str, as_json: bool) -> None:
    """Lets a stage run IMAGE as it is under a tag, from the next run on.

    Moves the tag stage-STAGE, keeps what it pointed at under stage-STAGE-previous, and records it. Nothing is deployed,
    and a run in progress goes on with its own image.
    """
    with releasing(console, image, stage, host=registry) as work:
        _tell(console, work, *work.release(tag), as_json=as_json)


@click.command()
@click.argument("image")
@click.option("--to", default="", help="A tag or digest of the record. Default: the release before this one.")
@stage_option
@registry_option
@json_option
@pass_console
def rollback(console: Console, image: str, to: str, stage: str | None, registry: str, as_json: bool) -> None:
    """Lets a stage run an earlier release of IMAGE again, from the next run on."""
    with releasing(console, image, stage, host=registry) as work:
        _tell(console, work, *work.rollback(to), as_json=as_json)


def _tell(console: Console, work: Releasing, record: Record, moved: Moved, *, as_json: bool) -> None:
    stage, batches = work.stage.target.stage, [manifest.batch for manifest in work.takers]
    before = f", before {moved.before[:19]}" if moved.before and moved.changed else ""
    said = "released to" if record.kind == "release" else "rolled back in"
    done = said if moved.changed else "is what runs already in"
    console.note(f"{work.image} {record.short}: {done} {stage}{before}")
    if batches:
        console.note(f"runs it next: {', '.join(batches)}")
    else:
        console.note(f"no batch of {stage} runs an image called {work.image}: its CPU was not checked")
    if as_json:
        data = {
            "image": work.image,
            "stage": stage,
            "tag": record.tag,
            "digest": record.digest,
            "before": moved.before or None,
            "changed": moved.changed,
            "by": record.by,
            "batches": batches,
        }
        console.print(json.dumps(data, indent=2))
    else:
        console.print(f"{work.registry.uri(work.image)}@{record.digest}")
