"""What an index of packages would say of the distributions: their metadata, and their description as a page."""

import re
import tarfile
import zipfile
from pathlib import Path

from packaging.metadata import Metadata
from readme_renderer import markdown

from tests.release.build import ReleaseError

PACKAGES = ("batchwright/", "batchwright_runner/", "batchwright-")
"""What a wheel may hold. A file of PyPI's package `constructs` would overwrite that one."""
RELAY = "batchwright_runner/workbench/local/containers/relay/relay-"
"""What the names of the only programs that are not text begin with: SECURITY.md says what they are."""
ELF = b"\x7fELF"
HIDDEN = re.compile(r"(^|/)(local\.env|\.env|__pycache__|\.git|\.venv|cdk\.out|uv\.lock)(/|$)")
LARGEST = 5_000_000
"""Bytes."""
_LINK = re.compile(r'(?:href|src)="(?!https?:|#|mailto:)([^"]*)"')


def check(folder: Path, version: str) -> list[str]:
    """Looks at a wheel and an sdist.

    Returns:
        What is worth knowing and is no mistake.

    Raises:
        ReleaseError: Something is wrong with them.
    """
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    notes = []
    for name, files, text in (_of_wheel(wheel), _of_sdist(sdist)):
        _check_files(name, files)
        notes = _check_metadata(name, text, version)
    stray = [name for name in _of_wheel(wheel)[1] if not name.startswith(PACKAGES)]
    if stray:
        raise ReleaseError(f"{wheel.name} would put {', '.join(stray[:3])} beside our packages")
    if programs := [name for name in _programs(wheel) if not name.startswith(RELAY)]:
        raise ReleaseError(f"{wheel.name} holds a program that SECURITY.md does not name: {', '.join(programs[:3])}")
    return notes


def _programs(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as wheel:
        return [name for name in wheel.namelist() if wheel.read(name).startswith(ELF)]


def _of_wheel(path: Path) -> tuple[str, list[str], str]:
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        (metadata,) = [name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        return path.name, names, wheel.read(metadata).decode()


def _of_sdist(path: Path) -> tuple[str, list[str], str]:
    with tarfile.open(path) as sdist:
        names = [member.name.partition("/")[2] for member in sdist.getmembers()]
        top = sdist.getmembers()[0].name.partition("/")[0]
        metadata = sdist.extractfile(f"{top}/PKG-INFO")
        if metadata is None:
            raise ReleaseError(f"{path.name} has no PKG-INFO")
        return path.name, names, metadata.read().decode()


def _check_files(name: str, files: list[str]) -> None:
    if bad := [name for name in files if HIDDEN.search(name)]:
        raise ReleaseError(f"{name} holds what belongs into no package: {', '.join(bad[:3])}")


def _check_metadata(name: str, text: str, version: str) -> list[str]:
    try:
        metadata = Metadata.from_email(text)  # which validates
    except ExceptionGroup as error:
        raise ReleaseError(f"{name}: {'; '.join(str(problem) for problem in error.exceptions)}") from error
    if str(metadata.version) != version:
        raise ReleaseError(f"{name} says version {metadata.version}, and the packages {version}")
    if metadata.description_content_type != "text/markdown" or not metadata.description:
        raise ReleaseError(f"{name}: its description is no Markdown")
    page = markdown.render(metadata.description)
    if not page:
        raise ReleaseError(f"{name}: its description cannot be shown")
    lost = sorted(set(_LINK.findall(page)))
    if not lost:
        return []
    return [f"{len(lost)} links of the description lead nowhere on an index, such as {lost[0]}: give SOURCE=URL"]
