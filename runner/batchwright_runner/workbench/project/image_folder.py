"""Where an image is built from: a folder of the project, or the one that batchwright.toml names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path

from batchwright_runner.contract.batch_file import DECLARATION, BatchFile
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.host.settings.project import text_of


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """A folder to build an image from."""

    context: Path
    dockerfile: Path | None = None


def image_folder(image: str, *, folder: Path, environment: Mapping[str, str]) -> ImageFolder | None:
    """What the file says of an image: ``[images.NAME]``, with paths relative to the file's folder.

    `image`: the image's name; empty for one without.
    Returns none where it says nothing.
    """
    toml = read_toml(folder, environment)
    path, settings = toml.path, toml.table("images").get(image)
    if path is None or settings is None:
        return None
    base = path.resolve().parent
    context, file = base / settings["context"], settings.get("dockerfile")
    if not _is_there(context, folder=True):
        why = f"images.{image}.context is {settings['context']!r}, and there is no folder {normpath(context)}"
        raise RunnerError(f"{path} cannot be used: {why}", hint="Check out the repository there")
    if file is None:
        return ImageFolder(context.resolve())
    if not _is_there(base / file):
        instead = str(Path(settings["context"], file))
        why = f"images.{image}.dockerfile is {file!r}, and there is no file {normpath(base / file)}"
        hint = f"Write {instead!r}: paths are relative to {path.name}" if _is_there(base / instead) else ""
        raise RunnerError(f"{path} cannot be used: {why}", hint=hint)
    return ImageFolder(context.resolve(), (base / file).resolve())


def _is_there(path: Path, *, folder: bool = False) -> bool:
    try:
        return path.is_dir() if folder else path.is_file()
    except (OSError, ValueError):  # it may not be looked at, or is not a path at all
        return False


DOCKERFILE = "Dockerfile"


def dockerfile_folder(root: Path, batch: BatchFile, siblings: Iterable[BatchFile]) -> ImageFolder | None:
    """The folder of a project that a batch's image is built from; none where the project does not hold it.

    Several batches may share an image. The Dockerfile then lies with the one that has its source.
    """
    name = batch.manifest.image.name
    if not name:
        return None
    sharing = [batch, *(sibling for sibling in siblings if sibling.manifest.image.name == name)]
    sources = [str(Path(sibling.source).parent) for sibling in sharing if sibling.source]
    packages = [sibling.package for sibling in sharing if sibling.package]
    for folder in dict.fromkeys([*sources, *packages]):
        if (root / folder / DOCKERFILE).is_file():
            return ImageFolder(root / folder)
    return None


def missing_dockerfiles(
    root: Path, batches: Sequence[BatchFile], siblings: Sequence[BatchFile], environment: Mapping[str, str]
) -> Iterator[str]:
    """A line for each image whose source is here, or that has its batch's name, and that has no Dockerfile."""
    for image, batch in {batch.manifest.image.name: batch for batch in reversed(batches)}.items():
        own = batch.source is not None or image == batch.manifest.batch
        if not image or not own or dockerfile_folder(root, batch, siblings) or _is_elsewhere(image, root, environment):
            continue
        folder = batch.package or (str(Path(batch.source).parent) if batch.source else "")
        yield f"image {image} cannot be built yet: there is no {Path(folder, DOCKERFILE)}"


def is_built(root: Path, image: str, environment: Mapping[str, str]) -> bool:
    """Whether something says where an image is built, as far as is known without a synthesis.

    That is a batch's folder with a Dockerfile, if the folder has the image's name, or its declaration names it; or
    batchwright.toml.
    """
    folders = (path.parent for path in root.glob(f"batches/*/{DOCKERFILE}"))
    named = (
        folder.name.strip("_").replace("_", "-") == image or f'"{image}"' in text_of(folder / DECLARATION)
        for folder in folders
    )
    return any(named) or _is_elsewhere(image, root, environment)


def _is_elsewhere(image: str, root: Path, environment: Mapping[str, str]) -> bool:
    """Whether batchwright.toml says where an image is built; one that cannot be used says so when it is."""
    try:
        return image_folder(image, folder=root, environment=environment) is not None
    except RunnerError:
        return True
