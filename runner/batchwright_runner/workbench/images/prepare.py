"""Decides what ``batchwright image push`` builds, from the command line, the project and the engine at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.host.images.registry import Registry
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.images.architecture import find_architecture
from batchwright_runner.workbench.images.build_commands import Build, Compression, ImageCommands
from batchwright_runner.workbench.images.commit import ImageSource, tag_of
from batchwright_runner.workbench.images.declared_cpu import PLATFORMS, choose, declared_architectures
from batchwright_runner.workbench.project.image_folder import ImageFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says.

    Attributes:
        image: The image.
        context: The folder that was given; none for the one of ``batchwright.toml``, else the working directory.
        file: The Dockerfile that was given; empty for none.
        architecture: The CPU architecture; empty for nothing.
        compression: How layers are packed.
    """

    image: str
    context: Path | None
    file: str
    architecture: str
    compression: Compression


def choose_place(asked: Asked, configured: ImageFolder | None) -> tuple[Path, str]:
    """The folder that is built, and the Dockerfile: those that were given, else those of the file. Pure.

    Args:
        asked: What the command line says.
        configured: What ``batchwright.toml`` says of the image; none for nothing.

    Returns:
        The Dockerfile is empty for the folder's own.
    """
    if asked.context is not None or configured is None:
        return asked.context or Path(), asked.file
    return configured.context, asked.file or str(configured.dockerfile or "")


def prepare(
    asked: Asked,
    source: ImageSource,
    *,
    engine: str,
    registry: Registry,
    commands: ImageCommands,
    environment: Mapping[str, str],
    scratch: Path,
    tell: Tell,
) -> Build:
    """Decides, and says for which CPU where a declaration has a part in it.

    Args:
        asked: What the command line says.
        source: What is built.
        engine: ``docker`` or ``podman``.
        registry: Where it will be pushed.
        commands: Asks the engine what it can do.
        environment: This process's variables.
        scratch: A folder for what the engine writes.
        tell: Where status goes.

    Raises:
        UsageError: The batches do not agree.
        RunnerError: ``batchwright.toml`` cannot be used.
        InterruptedEarlyError: A signal came.
    """
    declared = declared_architectures(
        asked.image,
        registry.target.project,
        context=asked.context or Path.cwd(),
        environment=environment,
        waiter=registry.waiter,
        tell=tell,
    )
    configured = find_architecture(folder=Path.cwd(), environment=environment)
    architecture, note = choose(asked.image, asked.architecture, declared, configured)
    if note:
        tell.note(note)
    return Build(
        engine=engine,
        buildx=engine == "docker" and commands.read(["docker", "buildx", "version"]) is not None,
        reference=f"{registry.uri(asked.image)}:{tag_of(source.commit)}",
        platform=PLATFORMS[architecture],
        context=str(source.context),
        id_file=str(scratch / "id"),
        file=source.file,
        compression=asked.compression,
    )
