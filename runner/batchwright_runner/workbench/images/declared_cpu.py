"""For which CPU an image is to be built: as it is asked for, as its batches declare it, or as the settings say."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.sizes import ARCHITECTURES, DEFAULT_ARCHITECTURE, IMAGE_ARCHITECTURES
from batchwright_runner.errors import InterruptedEarlyError, RunnerError, UsageError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_all
from batchwright_runner.workbench.project.known_names import LOCAL

PLATFORMS: Mapping[str, str] = {ours: f"linux/{theirs}" for theirs, ours in IMAGE_ARCHITECTURES.items()}


def find_platform(
    image: str,
    project: str,
    requested: str,
    *,
    context: Path,
    environment: Mapping[str, str],
    waiter: Waiter,
    tell: Tell,
) -> str:
    """Decides; notes the CPU where a declaration has a part in it, or that no declaration could be read.

    A project of ours is synthesized if it has changed since the last time, which takes seconds. Of another CDK app the
    assembly in ``cdk.out`` is read, if there is one.

    `requested`: the CPU architecture that the command line says; empty for nothing.
    Returns ``linux/amd64``.
    """
    declared: dict[str, str] = {}
    try:
        batches = _declared(context, environment, waiter, tell)
        declared = of_image([batch.manifest for batch in batches], image, project)
    except InterruptedEarlyError:
        raise
    except RunnerError as error:
        _tell_unknown(error, tell)
    configured = find_architecture(folder=Path.cwd(), environment=environment)
    architecture, note = choose_architecture(image, requested, declared, configured)
    if note:
        tell.note(note)
    return PLATFORMS[architecture]


def find_architecture(*, folder: Path, environment: Mapping[str, str]) -> str:
    """The CPU architecture that images are built for where no declaration says one: the variable, then the file.

    Returns ``X86_64`` or ``ARM64``; empty where nothing says it.
    """
    chosen = environment.get("BATCHWRIGHT_ARCHITECTURE", "")
    if chosen and chosen not in ARCHITECTURES:
        raise UsageError(f"BATCHWRIGHT_ARCHITECTURE cannot be used: it is {chosen!r}, not {' or '.join(ARCHITECTURES)}")
    return chosen or str(read_toml(folder, environment).settings.get("architecture", ""))


def choose_architecture(image: str, requested: str, declared: Mapping[str, str], configured: str) -> tuple[str, str]:
    """Decides: what was asked for, else what is declared, else what is configured. Pure.

    `requested`: what the command line says; empty for nothing.
    `configured`: what the variable or the file says; empty for nothing.
    Returns the architecture, ``ARM64``, and what people should know of it; empty for nothing.
    """
    kinds = sorted(set(declared.values()))
    if requested:
        others = [batch for batch, architecture in declared.items() if architecture != requested]
        if not others:
            return requested, ""
        exceptions = _in_words({batch: declared[batch] for batch in others})
        refused = "release refuses it where they run it"
        return requested, f"built for {requested}, as you say, although {exceptions}: {refused}"
    if len(kinds) > 1:
        raise UsageError(
            f"image {image} cannot be built for one CPU architecture: {_in_words(declared)}",
            hint="Give them images of their own; or say with --architecture which one this is",
        )
    if not kinds or kinds == [configured or DEFAULT_ARCHITECTURE]:
        return configured or DEFAULT_ARCHITECTURE, ""
    instead = f", not for {configured}" if configured else ""
    return kinds[0], f"built for {kinds[0]}{instead}: {_in_words(declared)}"


def of_image(manifests: list[BatchManifest], image: str, project: str) -> dict[str, str]:
    """Batch to architecture, of those that run an image of a project. Pure.

    A batch whose stages differ in it is named with its stage.
    """
    running = [manifest for manifest in manifests if (manifest.image.name, manifest.project) == (image, project)]
    kinds: dict[str, set[str]] = {}
    for manifest in running:
        kinds.setdefault(manifest.batch, set()).add(manifest.architecture)
    architectures: dict[str, str] = {}
    for manifest in running:
        name = manifest.batch if len(kinds[manifest.batch]) == 1 else f"{manifest.batch} in {manifest.stage}"
        architectures[name] = manifest.architecture
    return architectures


def _declared(context: Path, environment: Mapping[str, str], waiter: Waiter, tell: Tell) -> list[DeclaredBatch]:
    """The batches of the project at hand; none where there is none."""
    try:
        project = find_project(context.resolve())
    except UsageError:
        return []
    if (project.root / "batches").is_dir():
        assemblies = Assemblies.of(project, environment=environment, waiter=waiter, tell=tell)
        return assemblies.read(LOCAL, lambda assembly: read_all(assembly, LOCAL))  # in which every batch exists
    assembly = project.root / "cdk.out"
    return [batch for stage in batch_file.stages(assembly) for batch in read_all(assembly, stage)]


def _tell_unknown(error: RunnerError, tell: Tell) -> None:
    lines = str(error).splitlines()
    why = lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"
    tell.note(f"for which CPU the batches are declared is not known: {why}")


def _in_words(declared: Mapping[str, str]) -> str:
    kinds: dict[str, list[str]] = {}
    for batch, architecture in declared.items():
        kinds.setdefault(architecture, []).append(batch)
    return ", ".join(
        f"{' and '.join(batches)} {'is' if len(batches) == 1 else 'are'} declared for {architecture}"
        for architecture, batches in kinds.items()
    )
