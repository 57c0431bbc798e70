"""``batchwright release`` and ``batchwright rollback``."""

import json

import click

from batchwright_runner.commands.options import (
    image_argument,
    json_option,
    more,
    pass_console,
    quiet_option,
    stage_option,
)
from batchwright_runner.releases.move import Moved
from batchwright_runner.releases.record import Record
from batchwright_runner.releases.release import Releasing, releasing
from batchwright_runner.terminal.console import Console

registry_option = click.option(
    "--registry",
    metavar="HOST",
    envvar="BATCHWRIGHT_REGISTRY",
    show_envvar=True,
    default="",
    help="The registry, ACCOUNT.dkr.ecr.REGION.amazonaws.com. Default: batchwright.toml's, or the stage's own.",
)


@click.command(
    epilog=more("docs/images-and-secrets.md", "batchwright release reports --tag sha-1089e01252b7 -s staging")
)
@image_argument()
@click.option("--tag", metavar="TAG", required=True, help="The tag of the image, sha-….")
@stage_option
@registry_option
@json_option
@quiet_option
@pass_console
def release(console: Console, image: str, tag: str, stage: str | None, registry: str, as_json: bool) -> None:
    """Release IMAGE to a stage: its next run uses the image under TAG.

    Moves the tag stage-STAGE, keeps what it pointed at under stage-STAGE-previous, and records it. Nothing is deployed,
    and a run in progress goes on with its own image.
    """
    with releasing(console, image, stage, host=registry) as work:
        _tell(console, work, *work.release(tag), as_json=as_json)


@click.command(
    epilog=more(
        "docs/images-and-secrets.md",
        "batchwright rollback reports -s production",
        "batchwright rollback reports --to sha-1089e01252b7 -s production",
    )
)
@image_argument()
@click.option("--to", metavar="TAG|DIGEST", default="", help="An earlier release of it. Default: the one before this.")
@stage_option
@registry_option
@json_option
@quiet_option
@pass_console
def rollback(console: Console, image: str, to: str, stage: str | None, registry: str, as_json: bool) -> None:
    """Run an earlier release of IMAGE again, from the stage's next run on."""
    with releasing(console, image, stage, host=registry) as work:
        _tell(console, work, *work.rollback(to), as_json=as_json)


def _tell(console: Console, work: Releasing, record: Record, moved: Moved, *, as_json: bool) -> None:
    stage, batches = work.stage.target.stage, [manifest.batch for manifest in work.takers]
    before = f", before {moved.before[:19]}" if moved.before and moved.changed else ""
    said = "released to" if record.kind == "release" else "rolled back in"
    done = said if moved.changed else "is already released to"
    console.note(f"{work.image} {record.short}: {done} {stage}{before}")
    if batches:
        console.note(f"used by the next run of: {', '.join(batches)}")
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
