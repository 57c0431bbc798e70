"""``batchwright release`` and ``batchwright rollback``."""

import os
from pathlib import Path

import click

from batchwright_runner.commands.completion import complete_stage
from batchwright_runner.commands.image_options import image_argument, registry_option
from batchwright_runner.commands.option_types import NAME
from batchwright_runner.commands.options import json_option, more, stage_option, with_console, yes_option
from batchwright_runner.contract.moments import shown
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import find_stage
from batchwright_runner.host.releases.record import ReleaseRecord
from batchwright_runner.host.releases.release import Releasing, begin_release
from batchwright_runner.host.stage.session import enter_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing

registry_of_stage = registry_option("batchwright.toml's, or the stage's own")


@click.command(
    epilog=more(
        "docs/images.md",
        "batchwright release reports -s staging",
        "batchwright release reports --tag sha-1089e01252b7 -s staging",
        "batchwright release reports --from staging -s production",
    )
)
@image_argument()
@click.option("--tag", type=NAME, metavar="TAG", help="The tag of the image, sha-…. Default: this commit's.")
@click.option(
    "--from", "origin", type=NAME, metavar="STAGE", shell_complete=complete_stage, help="Release what STAGE runs."
)
@stage_option
@registry_of_stage
@yes_option
@json_option
@with_console
def release(
    console: Console,
    image: str,
    tag: str | None,
    origin: str | None,
    stage: str | None,
    registry: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Release IMAGE to a stage: its next run uses the image under TAG.

    Moves the tag stage-STAGE, keeps what it pointed at under stage-STAGE-previous, and records it. Nothing is deployed,
    and a run in progress goes on with its own image. With --from it is the very image that another stage runs, by its
    digest. Without --tag and --from it is that of the commit which is checked out in this folder,
    or in the one that [images.IMAGE] of batchwright.toml names.
    """
    missing = ""
    if origin:
        _check_origin(image, origin, tag, stage)
    elif not tag:
        tag, note = _tag_here(image)
        missing = f"This commit was not pushed: batchwright image push {image} CONTEXT"
        if note:
            console.note(note)
    with enter_stage(console, stage) as at:
        work, name = begin_release(console, at, image, host=registry), at.target.stage
        what = f"what {origin} runs" if origin else tag
        work.ask(console, f"Release {image} ({what}) to {name}", f"{image} was not released to {name}", yes=yes)
        with doing(console, f"releasing {image} to {name}"):
            done = work.promote(origin) if origin else work.release(tag or "", missing=missing)
        _tell(console, work, *done, as_json=as_json)


def _tag_here(image: str) -> tuple[str, str]:
    """The tag of the commit that is checked out where the image is built, and what people should know of it."""
    from batchwright_runner.workbench.images.commit import head_tag  # a checkout's: a scheduler's host names the tag
    from batchwright_runner.workbench.project.image_folder import image_folder

    source = image_folder(image, folder=Path.cwd(), environment=os.environ)
    return head_tag(source.context if source else Path.cwd())


def _check_origin(image: str, origin: str, tag: str | None, stage: str | None) -> None:
    """Refuses what cannot be combined with --from, before anything is asked of AWS."""
    if tag:
        raise UsageError(
            "--from cannot be combined with --tag: either names the image to release", hint="Leave one out"
        )
    to = find_stage(stage, folder=Path.cwd(), environment=os.environ)
    find_stage(origin, folder=Path.cwd(), environment=os.environ)
    if origin == to.stage:
        raise UsageError(
            f"{image} is not released: --from {origin} is the stage itself", hint="Give the stage where it ran before"
        )


@click.command(
    epilog=more(
        "docs/images.md",
        "batchwright rollback reports -s production",
        "batchwright rollback reports --to sha-1089e01252b7 -s production",
    )
)
@image_argument()
@click.option("--to", type=NAME, metavar="TAG|DIGEST", help="An earlier release of it. Default: the one before this.")
@stage_option
@registry_of_stage
@yes_option
@json_option
@with_console
def rollback(
    console: Console, image: str, to: str | None, stage: str | None, registry: str, yes: bool, as_json: bool
) -> None:
    """Run an earlier release of IMAGE again, from the stage's next run on."""
    with enter_stage(console, stage) as at:
        work, name = begin_release(console, at, image, host=registry), at.target.stage
        with doing(console, f"looking for an earlier release of {image}"):
            target, found = work.earlier(to or "")
        earlier = f"{target.short}, released {shown(target.at)}"
        work.ask(console, f"Roll {image} back to {earlier} in {name}", f"{image} was not rolled back", yes=yes)
        with doing(console, f"rolling {image} back in {name}"):
            done = work.rollback(target, found)
        _tell(console, work, *done, as_json=as_json)


def _tell(console: Console, work: Releasing, record: ReleaseRecord, before: str, *, as_json: bool) -> None:
    tell_release(console, work, record, before)
    if as_json:
        console.print_json(released(work, record, before))
    else:
        console.print(f"{work.registry.uri(work.image)}@{record.digest}")


def released(work: Releasing, record: ReleaseRecord, before: str) -> dict[str, object]:
    """A release, as a script gets it."""
    return {
        "image": work.image,
        "stage": work.stage.target.stage,
        "tag": record.tag,
        "digest": record.digest,
        "before": before or None,
        "changed": before != record.digest,
        "by": record.by,
        "batches": [manifest.batch for manifest in work.takers],
    }


def tell_release(console: Console, work: Releasing, record: ReleaseRecord, before: str) -> None:
    """Says what a release has changed, and for which batches."""
    stage, batches = work.stage.target.stage, [manifest.batch for manifest in work.takers]
    changed = before != record.digest
    was = f" (was {before[:19]})" if before and changed else ""
    action = "released to" if record.kind == "release" else "rolled back in"
    done = action if changed else "is already released to"
    console.note(f"{work.image} {record.short}: {done} {stage}{was}")
    if batches:
        console.note(f"used by the next run of: {', '.join(batches)}")
    else:
        console.note(f"no batch of {stage} runs an image called {work.image}: its CPU was not checked")
