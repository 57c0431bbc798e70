"""What an image is built from: the commit that is checked out, which names its tag; or a folder as it is."""

import hashlib
import os
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import IO, cast

from batchwright_runner.contract.batch_file import DECLARATION, VALUES_FILE
from batchwright_runner.contract.names import DIRTY_TAGS
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.terminal.text import few
from batchwright_runner.workbench.project.git import Git, git_of

LENGTH = 12
"""Characters of the commit, or of the hash, in a tag."""
_SUBMODULE = "160000"
_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}
IGNORE = ".dockerignore"


@dataclass(frozen=True, slots=True)
class ImageSource:
    """What is built."""

    context: Path
    # The Dockerfile; empty for the context's own
    file: str
    tag: str
    # What a person should know of it
    note: str
    # Git at the top of the repository; none for a folder that is built as it is
    git: Git | None = None
    commit: str = ""
    # The folder, then the Dockerfile and its .dockerignore where they are of the repository, relative to that
    paths: Sequence[str] = ()
    # What the commit has there
    files: frozenset[str] = frozenset()


def tag_of(commit: str) -> str:
    """The tag of a commit: ``sha-`` and its first 12 digits."""
    return f"sha-{commit[:LENGTH]}"


def head_tag(folder: Path) -> tuple[str, str]:
    """The tag of the commit that is checked out, and what a person should know of it; empty for nothing."""
    git, commit = _head(folder, "no tag was given", "Give one: --tag TAG, or --from STAGE")
    changed = _changed(git)
    return tag_of(commit), f"this commit is {commit[:LENGTH]}, without {changed}" if changed else ""


def find_source(context: Path, file: str, *, dirty: bool) -> ImageSource:
    """Decides what is built: the commit that is checked out, or with `dirty` the folder as it is."""
    if file and not Path(file).exists() and (context / file).is_file():
        file = str(context / file)
    if dirty:
        return ImageSource(context, file, _dirty_tag(context, file), f"building {context} as it is, and not a commit")
    git, commit = _head(context, "the image has no tag", "Commit it to one; --allow-dirty builds the folder as it is")
    top, dockerfile = git.top.resolve(), Path(file).resolve()
    beside = [dockerfile, Path(f"{dockerfile}{IGNORE}")] if file and dockerfile.is_relative_to(top) else []
    if changed := _changed(git, *map(str, beside)):
        raise UsageError(
            f"the image would not be that of commit {commit[:LENGTH]}: files of {context} are not committed: {changed}",
            hint="Commit them; --allow-dirty builds the folder as it is",
        )
    paths = [path.relative_to(top).as_posix() for path in (context.resolve(), *beside)]
    files = _committed(git, commit, context, paths)
    if beside and paths[1] not in files:
        raise UsageError(f"the image cannot be built: commit {commit[:LENGTH]} has no {file}", hint="Commit it")
    note = f"building what commit {commit[:LENGTH]} has of {context}"
    note += f"\n{file} is not in its repository: it is used as it is" if file and not beside else ""
    return ImageSource(context, file, tag_of(commit), note, Git(git.top, git.top), commit, paths, files)


def write_source(source: ImageSource, scratch: Path) -> tuple[Path, str]:
    """Writes the commit's files to an empty folder, with modes and times that are the same on every machine.

    Returns the folder that the engine is given, and the Dockerfile. A folder that is built as it is stays where it is.
    """
    if source.git is None:
        return source.context, source.file
    packed, tree, (folder, *beside) = scratch / "commit.tar", scratch / "tree", source.paths
    paths = [folder, *source.files.intersection(beside)]
    words = ("archive", "--format=tar", f"--output={packed.resolve()}", source.commit, "--", *paths)
    source.git.ask(*words, variables=_LITERAL)
    with tarfile.open(packed) as tar:
        tar.extraction_filter = lambda member, _: member  # git's own, whose links may lead anywhere
        members = tar.getmembers()
        for member in members:
            tar.extract(member, tree)
    for member in members:
        os.utime(tree / member.name, (member.mtime, member.mtime), follow_symlinks=False)
    if left_out := sorted(source.files - {member.name for member in members}):
        raise UsageError(
            f"the image cannot be built: export-ignore in .gitattributes leaves out {few(left_out)}",
            hint="Remove it there: .dockerignore says what an image does not need",
        )
    return tree / folder, str(tree / beside[0]) if beside else source.file


def _head(folder: Path, problem: str, hint: str) -> tuple[Git, str]:
    """Git in a folder's repository, and the commit that is checked out."""
    git = git_of(folder)
    commit = git.knows("HEAD") if git else ""
    if git is None or not commit:
        where = "in a git repository without a commit" if git else "not in a git repository"
        raise UsageError(f"{problem}: {folder} is {where}", hint=hint)
    return git, commit


def _changed(git: Git, *beside: str) -> str:
    lines = git.ask("status", "--porcelain", "--untracked-files=normal", "--", ".", *beside).splitlines()
    return few([line[3:] for line in lines])


def _committed(git: Git, commit: str, context: Path, paths: Sequence[str]) -> frozenset[str]:
    """What a commit has at some paths of its repository, of which the first is the folder: fit for an image."""
    lines = Git(git.top, git.top).ask("ls-tree", "-r", "-z", commit, "--", *paths, variables=_LITERAL).split("\0")[:-1]
    modes = {path: kind.split(" ")[0] for kind, _, path in (line.partition("\t") for line in lines)}
    if not any(PurePosixPath(path).is_relative_to(paths[0]) for path in modes):
        raise UsageError(
            f"there is nothing to build: commit {commit[:LENGTH]} has no files in {context}",
            hint="Commit them; --allow-dirty builds the folder as it is",
        )
    for name in map(PurePosixPath, sorted(modes)):
        if modes[str(name)] == _SUBMODULE:
            raise UsageError(
                f"the image cannot be built: {name} is a submodule, whose files the commit does not have",
                hint="Commit its files; or fetch them in the Dockerfile",
            )
        if name.name == VALUES_FILE and str(name.with_name(DECLARATION)) in modes:
            raise UsageError(
                f"the image would hold secrets: {name} is committed",
                hint=f"Take it out of git (git rm --cached), add {VALUES_FILE} to .gitignore, and change the secrets",
            )
    return frozenset(modes)


def _dirty_tag(context: Path, file: str) -> str:
    """The tag of a folder as it is: a hash of its files, without git's own."""
    digest = hashlib.sha256()

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        name = PurePosixPath(entry.name)
        if name.name == VALUES_FILE:
            raise UsageError(
                f"the image would hold secrets: {context / name} would go into it, since {context} is built as it is",
                hint=f"Move {VALUES_FILE} elsewhere; or commit the rest, and push without --allow-dirty",
            )
        entry.mtime = entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return None if name.name == ".git" else entry

    try:
        with tarfile.open(mode="w|", fileobj=cast("IO[bytes]", SimpleNamespace(write=digest.update))) as tar:
            tar.add(context, ".", filter=plain)
            if file:
                tar.add(file, filter=plain)
    except OSError as error:
        raise RunnerError(f"{error.filename or context} cannot be read: {error.strerror or error}") from error
    return f"{DIRTY_TAGS}{digest.hexdigest()[:LENGTH]}"
