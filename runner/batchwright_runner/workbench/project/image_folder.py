"""Where batchwright.toml says that an image is built from, if its source is in another repository."""

from collections.abc import Mapping
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.settings.batchwright_toml import read_toml


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """A folder to build an image from.

    Attributes:
        context: The folder.
        dockerfile: The Dockerfile, which may be outside the folder; none for the folder's own.
    """

    context: Path
    dockerfile: Path | None = None


def image_folder(image: str, *, folder: Path, environment: Mapping[str, str]) -> ImageFolder | None:
    """What the file says of an image: ``[images.NAME]``, with paths relative to the file's folder.

    Args:
        image: The image's name; empty for one without.
        folder: The working directory.
        environment: This process's variables.

    Returns:
        None where it says nothing.

    Raises:
        RunnerError: The file cannot be used, or what it names does not exist.
    """
    toml = read_toml(folder, environment)
    path, found = toml.path, toml.table("images").get(image)
    if path is None or found is None:
        return None
    base = path.resolve().parent
    context, file = base / found["context"], found.get("dockerfile")
    if not _is_there(context, folder=True):
        raise RunnerError(
            f"{path} cannot be used: images.{image}.context is {found['context']!r}, "
            f"and there is no folder {normpath(context)}",
            hint="Check out the repository there",
        )
    if file is None:
        return ImageFolder(context.resolve())
    if not _is_there(base / file):
        instead = str(Path(found["context"], file))
        raise RunnerError(
            f"{path} cannot be used: images.{image}.dockerfile is {file!r}, "
            f"and there is no file {normpath(base / file)}",
            hint=f"Write {instead!r}: paths are relative to {path.name}" if _is_there(base / instead) else "",
        )
    return ImageFolder(context.resolve(), (base / file).resolve())


def _is_there(path: Path, *, folder: bool = False) -> bool:
    try:
        return path.is_dir() if folder else path.is_file()
    except (OSError, ValueError):  # it may not be looked at, or is not a path at all
        return False
