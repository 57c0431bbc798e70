"""Which commit an image is built from: its tag names it, so the image is built from the commit's own files."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from batchwright_runner.contract.batch_file import DECLARATION, VALUES_FILE
from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.project.git import Git, git_of

LENGTH = 12
"""Characters of the commit in a tag."""
_COMMIT = re.compile(r"[0-9a-f]{12,64}")
_SHOWN = 3
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class ImageSource:
    """What is built."""

    context: Path
    # The Dockerfile; empty for the context's own
    file: str
    commit: str
    # Git in the folder; none where the folder is in no repository, so that it is built as it is
    git: Git | None
    note: str


def tag_of(commit: str) -> str:
    """The tag of a commit: ``sha-`` and its first 12 digits."""
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"{commit!r} is not a commit: 12 to 64 hexadecimal digits are expected")
    return f"sha-{commit[:LENGTH]}"


def head_tag(folder: Path) -> tuple[str, str]:
    """The tag of the commit that is checked out, and what a person should know of it; empty for nothing."""
    hint = "Give one: --tag TAG, or --from STAGE"
    git = git_of(folder)
    if git is None:
        raise UsageError(f"no tag was given: {folder} is not in a git repository", hint=hint)
    commit = git.knows("HEAD")
    if not commit:
        raise UsageError(f"no tag was given: {folder} is in a git repository without a commit", hint=hint)
    changed = _changed(git, "")
    return tag_of(commit), f"this commit is {commit[:LENGTH]}, without {changed}" if changed else ""


def find_source(context: Path, file: str, requested: str) -> ImageSource:
    """Decides which commit is built.

    `file`: the Dockerfile; empty for the context's own.
    """
    if requested:
        tag_of(requested)
    if file and not Path(file).exists() and (context / file).is_file():
        file = str(context / file)
    git = git_of(context)
    if git is None:
        return _without_git(context, file, requested)
    commit = git.knows(requested or "HEAD")
    if not commit:
        raise UsageError(
            f"the image has no commit: git does not know {requested} in {context}"
            if requested
            else f"the image has no tag: {context} is in a git repository without a commit",
            hint="git fetch may bring it" if requested else "Commit first",
        )
    changed = _changed(git, file)
    if changed and not requested:
        raise UsageError(
            f"the image would not be that of commit {commit[:LENGTH]}: files of {context} are not committed: {changed}",
            hint="Commit them; or build a commit without them: --commit",
        )
    _check_committed(git, context, commit)
    note = f"building what commit {commit[:LENGTH]} has of {context}"
    if changed:
        note += f"\nnot committed, so not in it: {changed}"
    if file and not _inside(git, file):
        note += f"\n{file} is not in its repository: it is used as it is"
    return ImageSource(context, file, commit, git, note)


def write_source(source: ImageSource, scratch: Path) -> ImageSource:
    """Writes the commit's files, where git has them.

    They are not those of ``git archive``, which leaves out what ``export-ignore`` names. Their times and modes are the
    same on every machine.

    `scratch`: an empty folder.
    Returns what the engine is given.
    """
    git = source.git
    if git is None:
        return source
    context = _relative(git, source.context)
    more = _dockerfiles(git, source)
    folder = scratch / "tree"
    _write(git, source.commit, ["."], scratch, folder)
    if more:
        _write(Git(git.top, git.top), source.commit, more, scratch, folder)
    _settle(folder, int(git.ask("show", "--no-patch", "--format=%ct", source.commit)))
    file = source.file
    if file and _inside(git, file):
        file = str(folder / _relative(git, Path(file)))
        if not Path(file).is_file():
            raise UsageError(
                f"the image cannot be built: commit {source.commit[:LENGTH]} has no {source.file}",
                hint="Commit it, or name a commit that has it: --commit",
            )
    return ImageSource(folder / context, file, source.commit, git, source.note)


def _without_git(context: Path, file: str, requested: str) -> ImageSource:
    if not requested:
        raise UsageError(f"the image has no tag: {context} is not in a git repository", hint="Add --commit COMMIT")
    for parent, _, files in os.walk(context):
        if VALUES_FILE in files:
            raise UsageError(
                f"the image would hold secrets: {Path(parent, VALUES_FILE)} would go into it, "
                f"since {context} is not in a git repository and is built as it is",
                hint=f"Remove {VALUES_FILE} from the folder",
            )
    note = f"{context} is not in a git repository: all its files are built, as commit {requested}"
    return ImageSource(context, file, requested, None, note)


def _changed(git: Git, file: str) -> str:
    more = [str(Path(file).resolve())] if file and _inside(git, file) else []
    lines = git.ask("status", "--porcelain", "--untracked-files=normal", "--", ".", *more).splitlines()
    further = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ", ".join(line[3:] for line in lines[:_SHOWN]) + further


def _check_committed(git: Git, context: Path, commit: str) -> None:
    names = {PurePosixPath(path) for _, _, path in _entries(git, commit, ["."])}
    if not names:
        raise UsageError(
            f"there is nothing to build: commit {commit[:LENGTH]} has no files in {context}",
            hint="Commit them; or build a copy of the folder that is not in a git repository, with --commit",
        )
    for name in sorted(names):
        if name.name == VALUES_FILE and name.with_name(DECLARATION) in names:
            raise UsageError(
                f"the image would hold secrets: {context / name} is committed",
                hint=f"Take it out of git (git rm --cached), add {VALUES_FILE} to .gitignore, and change the secrets",
            )


def _dockerfiles(git: Git, source: ImageSource) -> list[str]:
    """The Dockerfile that is outside the folder, and its .dockerignore, relative to the repository."""
    if not source.file or not _inside(git, source.file):
        return []
    if Path(source.file).resolve().is_relative_to(source.context.resolve()):
        return []
    name = _relative(git, Path(source.file)).as_posix()
    return [name, f"{name}.dockerignore"]


def _write(git: Git, commit: str, paths: list[str], scratch: Path, target: Path) -> None:
    files = []
    for mode, digits, path in _entries(git, commit, paths):
        if mode == _SUBMODULE:
            inner = _submodule(git.folder / path, digits)
            _write(inner, digits, ["."], scratch, target / _relative(git, git.folder / path))
        else:
            files.append(path)
    target.mkdir(parents=True, exist_ok=True)
    index = {"GIT_INDEX_FILE": str(scratch / f"index-{commit}")}
    git.ask("read-tree", commit, variables=index)
    git.ask("checkout-index", "-z", "--stdin", f"--prefix={target}/", stdin="\0".join(files), variables=index)


def _submodule(folder: Path, commit: str) -> Git:
    inner = git_of(folder) if folder.is_dir() else None
    if inner is None or inner.top.resolve() != folder.resolve() or not inner.knows(commit):
        raise UsageError(
            f"the image cannot be built: the submodule {folder} is not checked out at {commit[:LENGTH]}",
            hint="git submodule update --init",
        )
    return inner


def _entries(git: Git, commit: str, paths: list[str]) -> Iterator[tuple[str, str, str]]:
    """Mode, digits and path of what a commit has there; paths are relative to the folder."""
    for line in git.ask("ls-tree", "-r", "-z", commit, "--", *paths).split("\0")[:-1]:
        kind, _, path = line.partition("\t")
        mode, _, digits = kind.split(" ")
        yield mode, digits, path


def _settle(folder: Path, time: int) -> None:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            os.utime(path, (time, time), follow_symlinks=False)


def _inside(git: Git, file: str) -> bool:
    return Path(file).resolve().is_relative_to(git.top.resolve())


def _relative(git: Git, path: Path) -> Path:
    return path.resolve().relative_to(git.top.resolve())
