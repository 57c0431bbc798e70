"""The distributions of a commit, byte for byte the same whoever builds them, and where."""

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "pyproject.toml"


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


def build(tree: Path, target: Path, commit: Commit, **more: str) -> None:
    """Builds the sdist, and from it the wheel; all that is packed has the commit's time.

    Raises:
        ReleaseError: They cannot be built.
    """
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(commit.epoch), **more}
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(tree)], env)


def build_twice(root: Path, commit: Commit, work: Path, source: str = "") -> Path:
    """Builds in two places, in two ways; gives the folder with the distributions.

    Raises:
        ReleaseError: They are not the same.
    """
    build(export(root, commit, work / "one", source), work / "dist", commit, TZ="UTC", PYTHONHASHSEED="1")
    before = os.umask(0o077)
    try:
        other = export(root, commit, work / "another/place", source)
        build(other, work / "again", commit, TZ="Asia/Tokyo", PYTHONHASHSEED="2", LANG="C")
    finally:
        os.umask(before)
    for path in sorted((work / "dist").iterdir()):
        run(["cmp", str(path), str(work / "again" / path.name)])
    return work / "dist"


def check(folder: Path) -> None:
    """Checks metadata and description as an index does, and what the wheel holds.

    Raises:
        ReleaseError: Something is wrong with them.
    """
    run([sys.executable, "-m", "twine", "check", "--strict", *map(str, folder.iterdir())])
    run([sys.executable, "-m", "check_wheel_contents", "--config", str(CONFIG), *map(str, folder.glob("*.whl"))])


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    """Runs a program.

    Raises:
        ReleaseError: It fails.
    """
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command[:4])} fails: {(done.stdout + done.stderr).strip()}")


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]} fails: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
