"""``batchwright image``: what lies in the project's registry, and how it gets there."""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from batchwright_runner.commands.completion import complete_stage
from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.image_options import image_argument, registry_option
from batchwright_runner.commands.option_types import NAME
from batchwright_runner.commands.options import json_option, more, with_console, yes_option
from batchwright_runner.commands.release import released, tell_release
from batchwright_runner.contract.sizes import ARCHITECTURES
from batchwright_runner.host.images.open import open_registry
from batchwright_runner.host.images.registry import Registry
from batchwright_runner.host.releases.release import Releasing, begin_release
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.stage.session import Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.workbench.images.build_commands import (
    Build,
    Compression,
    EngineCommands,
    check_zstd,
    find_program,
)
from batchwright_runner.workbench.images.commit import find_source, write_source
from batchwright_runner.workbench.images.cpu import find_platform
from batchwright_runner.workbench.images.push import push
from batchwright_runner.workbench.images.show import print_images
from batchwright_runner.workbench.project.image_folder import image_folder

project_option = click.option(
    "--project",
    metavar="PROJECT",
    envvar="BATCHWRIGHT_PROJECT",
    show_envvar=True,
    default="",
    help="The project. Default: batchwright.toml's, or batches.",
)
registry_of_images = registry_option("batchwright.toml's")


@click.group(cls=Verbs)
def image() -> None:
    """Push and list images. Pushing changes nothing that runs: batchwright release does."""


@image.command(
    "list",
    short_help="List what the registry has of an image",
    epilog=more("docs/images.md", "batchwright image list reports"),
)
@image_argument("name")
@project_option
@registry_of_images
@json_option
@with_console
def list_images(console: Console, name: str, project: str, registry: str, as_json: bool) -> None:
    """List what the registry has of IMAGE: tags, stages, digest, size, age, findings of the scan."""
    with SignalWaiter(console.note) as waiter:
        opened = open_registry(waiter, name, project=project, host=registry)
        print_images(opened.describe(name), console, as_json=as_json)


@image.command(
    "push",
    short_help="Build an image and push it",
    epilog=more(
        "docs/images.md",
        "batchwright image push reports batches/daily_report",
        "batchwright image push rails --if-missing --release staging",
        "batchwright image push rails . -f docker/batch.Dockerfile --if-missing",
    ),
)
@image_argument("name")
@click.argument(
    "context", metavar="[CONTEXT]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@project_option
@registry_of_images
@click.option("-f", "--file", metavar="FILE", default="", help="The Dockerfile. Default: the one in CONTEXT.")
@click.option(
    "--allow-dirty",
    is_flag=True,
    help="Build CONTEXT as it is, under a tag dirty-…, which no protected stage takes.",
)
@click.option(
    "--architecture",
    type=click.Choice(ARCHITECTURES),
    default=None,
    help="CPU. Default: BATCHWRIGHT_ARCHITECTURE, or else batchwright.toml's, or else X86_64.",
)
@click.option("--if-missing", is_flag=True, help="Build nothing if the tag exists already.")
@click.option(
    "--compression",
    type=click.Choice(["gzip", "zstd"]),
    default="gzip",
    show_default=True,
    help="How layers are packed; with zstd a task starts sooner.",
)
@click.option(
    "--release", "stage", type=NAME, metavar="STAGE", shell_complete=complete_stage, help="Release it to STAGE then."
)
@yes_option
@json_option
@with_console
def push_image(
    console: Console,
    name: str,
    context: Path | None,
    project: str,
    registry: str,
    file: str,
    allow_dirty: bool,
    architecture: str | None,
    if_missing: bool,
    compression: Compression,
    stage: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Build IMAGE from CONTEXT with Docker or Podman, and push it under the tag of its commit.

    CONTEXT is by default what [images.IMAGE] of batchwright.toml says, or the working directory. All of it must be
    committed; what git ignores is not in the image. Prints repository and tag. A tag that exists with the same
    image is success, with another an error. Needs project, registry and the publisher's rights; of a stage only with
    --release, which does what batchwright release does.
    """
    engine = find_program(os.environ)
    configured = None if context else image_folder(name, folder=Path.cwd(), environment=os.environ)
    folder = configured.context if configured else context or Path()
    source = find_source(folder, file or str((configured and configured.dockerfile) or ""), dirty=allow_dirty)
    with (
        TemporaryDirectory(prefix="batchwright-") as scratch,
        SignalWaiter(console.note) as waiter,
    ):
        opened = open_registry(waiter, name, project=project, host=registry)
        commands = EngineCommands(waiter)
        if compression == "zstd":
            check_zstd(engine, commands)
        work = _opened(console, opened, name, source.tag, stage, host=registry, yes=yes) if stage else None
        console.note(source.note)
        built_in, dockerfile = write_source(source, Path(scratch))
        platform = find_platform(architecture or "", folder=Path.cwd(), environment=os.environ)
        build = Build(
            engine=engine,
            buildx=engine == "docker" and commands.read(["docker", "buildx", "version"]) is not None,
            reference=f"{opened.uri(name)}:{source.tag}",
            platform=platform,
            context=str(built_in),
            id_file=str(Path(scratch, "id")),
            file=dockerfile,
            compression=compression,
        )
        pushed, already = push(opened, commands, build, name, source.tag, console, if_missing=if_missing)
        console.note(f"{'exists already' if already else 'pushed'}: {pushed.digest}")
        moved = work.release(source.tag) if work else None
    if work and moved:
        tell_release(console, work, *moved)
    if as_json:
        data: dict[str, object] = {
            "image": name,
            "reference": build.reference,
            "tag": source.tag,
            "digest": pushed.digest,
            "already": already,
        }
        if work and moved:
            data["released"] = released(work, *moved)
        console.print_json(data)
    else:
        console.print(build.reference)


def _opened(
    console: Console, registry: Registry, image: str, tag: str, stage: str, *, host: str, yes: bool
) -> Releasing:
    """Opens the stage of --release before anything is built, so that an obstacle is reported at once."""
    opened = open_stage(stage, Surroundings.of(registry.waiter, console))
    at = replace(opened, target=replace(opened.target, project=registry.target.project))
    work = begin_release(console, at, image, host=host)
    work.refuse_dirty([tag])
    work.ask(console, f"Push {image} ({tag}), and release it to {stage}", f"{image} was not pushed", yes=yes)
    return work
