"""The distributions of a commit, byte for byte the same whoever builds them, and where."""

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ReleaseError(Exception):
    """Why there is no release."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What is released.

    Attributes:
        name: Its hash.
        epoch: When it was made, in seconds since 1970.
    """

    name: str
    epoch: int


def committed(root: Path) -> Commit:
    """The commit of a checkout.

    Raises:
        ReleaseError: Something in it is not committed, or it is no checkout.
    """
    changed = _git(root, "status", "--porcelain").decode().splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:5])
        raise ReleaseError(
            f"not committed: {names}{' …' if len(changed) > 5 else ''}. A release is what a commit holds"
        )
    name, epoch = _git(root, "log", "-1", "--format=%H %ct").decode().split()
    return Commit(name, int(epoch))


def check_tag(tag: str, version: str) -> None:
    """Holds a tag to the version of the packages.

    Raises:
        ReleaseError: They differ.
    """
    if tag != f"v{version}":
        raise ReleaseError(
            f"the tag is {tag}, and runner/batchwright_runner/_version.py says {version}: v{version} fits"
        )


def check_changelog(text: str, version: str) -> None:
    """Holds the changelog to the version: what is released has a heading, with its day.

    Raises:
        ReleaseError: It has none.
    """
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has no heading '## [{version}] - YYYY-MM-DD': rename [Unreleased]")


def export(root: Path, commit: Commit, target: Path, source: str = "") -> Path:
    """Writes the files of a commit to a new folder.

    Args:
        root: The checkout.
        commit: The commit.
        target: The folder.
        source: Where the project's files can be read, so that the description's links lead there; empty to leave them.
    """
    target.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", commit.name))) as tar:
        tar.extractall(target, filter="data")
    if source:
        readme = target / "README.md"
        readme.write_text(absolute(readme.read_text(encoding="utf-8"), source), encoding="utf-8")
    return target


def absolute(text: str, source: str) -> str:
    """A page whose links into the repository say where that is: an index of packages knows no other files."""
    linked = re.sub(r"\]\((?!\w+:|#|/)([^)\s]+)\)", rf"]({source.rstrip('/')}/\1)", text)
    return re.sub(r'(src|srcset|href)="(?!\w+:|#|/)([^"]+)"', rf'\1="{source.rstrip("/")}/\2"', linked)


def build(tree: Path, target: Path, commit: Commit, **more: str) -> dict[str, str]:
    """Builds sdist and wheel.

    Args:
        tree: The files.
        target: Where they go.
        commit: The commit, whose time all that is packed has.
        more: Variables that may make a difference, and must not.

    Returns:
        Name to SHA-256.

    Raises:
        ReleaseError: They cannot be built.
    """
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(commit.epoch), **more}
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(target)]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"nothing was built: {(done.stderr or done.stdout).strip()}")
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(target.iterdir())}


def build_twice(root: Path, commit: Commit, work: Path, source: str = "") -> Path:
    """Builds in two places, in two ways, and from what is in the sdist; gives the folder with the distributions.

    Raises:
        ReleaseError: They are not the same.
    """
    first = build(export(root, commit, work / "one", source), work / "dist", commit, TZ="UTC", PYTHONHASHSEED="1")
    other = export(root, commit, work / "another/place", source)
    _age(other)
    before = os.umask(0o077)
    try:
        second = build(other, work / "again", commit, TZ="Asia/Tokyo", PYTHONHASHSEED="2", LANG="C")
    finally:
        os.umask(before)
    compare(first, second, "a second build, elsewhere")
    (packed,) = (work / "dist").glob("*.tar.gz")
    with tarfile.open(packed) as tar:
        tar.extractall(work / "unpacked", filter="data")
    (unpacked,) = (work / "unpacked").iterdir()
    compare(first, build(unpacked, work / "from-sdist", commit), "what the sdist builds")
    return work / "dist"


def compare(first: Mapping[str, str], second: Mapping[str, str], title: str) -> None:
    """Holds two builds to each other.

    Raises:
        ReleaseError: They differ.
    """
    if first != second:
        names = sorted(name for name in {*first, *second} if first.get(name) != second.get(name))
        raise ReleaseError(f"{title} is another one: {', '.join(names)}")


def _age(tree: Path) -> None:
    """Gives all files another time."""
    then = time.time() - 1e6
    for path in tree.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]} fails: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
