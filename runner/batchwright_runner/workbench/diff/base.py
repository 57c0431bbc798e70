"""What a project is compared with: a commit, or an assembly. The user's own git is asked."""

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.cdk_json import FILE
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.workbench.diff.read import is_assembly
from batchwright_runner.workbench.project.git import Git

UPSTREAM = "origin/HEAD"
"""The default branch of the remote, which the default base is the merge base with."""
_SHORT = 12
_QUIET = {
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.hooksPath",
    "GIT_CONFIG_VALUE_0": "/dev/null",
}
"""Variables with which git checks out and does nothing else."""


@dataclass(frozen=True, slots=True)
class Base:
    """What it is compared with."""

    # What people read: ``1a2b3c4d5e6f, the merge base with origin/HEAD``
    label: str
    # The commit; empty for an assembly
    commit: str = ""
    folder: Path | None = None


def choose_base(name: str | None, git: Git | None, root: Path) -> Base:
    """The base that a person means."""
    if name and is_assembly(Path(name)):
        return Base(f"the assembly {name}", folder=Path(name))
    if git is None:
        also, hint = f", and {name} is not an assembly" if name else "", "Name the folder of an assembly: --base DIR"
        raise UsageError(f"there is no base: {root} is in no git repository{also}", hint=hint)
    if name is None:
        return _merge_base(git)
    if not (commit := git.knows(name)):
        raise _unknown(name, git)
    label = commit[:_SHORT] if commit.startswith(name) else f"{commit[:_SHORT]} ({name})"
    return Base(label, commit=commit)


def _merge_base(git: Git) -> Base:
    if not git.knows(UPSTREAM):
        hints = ("Name one, such as --base origin/main, or run git remote set-head origin --auto", _fetch(git, ""))
        text = f"there is no base: this clone does not know {UPSTREAM}, the default branch of its remote"
        raise UsageError(text, hint=". ".join(filter(None, hints)))
    try:
        commit = git.ask("merge-base", "HEAD", UPSTREAM).strip()
    except RunnerError as error:
        hint = _fetch(git, "") or "Name a commit: --base REF"
        raise UsageError(f"there is no base: HEAD and {UPSTREAM} have no commit in common here", hint=hint) from error
    return Base(f"{commit[:_SHORT]}, the merge base of HEAD and {UPSTREAM}", commit=commit)


def _unknown(name: str, git: Git) -> UsageError:
    if Path(name).is_dir():
        hint = f"{name} is a folder without a manifest.json: synthesize into it with cdk synth -o {shlex.quote(name)}"
        return UsageError(f"--base {name} is neither a commit that this clone has nor an assembly", hint=hint)
    hint = _fetch(git, name) or "git branch -a lists the branches"
    return UsageError(f"--base {name} is not a commit that this clone has, nor the folder of an assembly", hint=hint)


def _fetch(git: Git, name: str) -> str:
    """How to get the history of a shallow clone; empty for a whole one."""
    if git.ask("rev-parse", "--is-shallow-repository").strip() != "true":
        return ""
    remote = name.partition("/")[2] if name.startswith("origin/") else name
    begin = f"git fetch --depth=1 origin {shlex.quote(remote)} gets that one; " if remote else ""
    return f"This clone is shallow: {begin}git fetch --unshallow gets the whole history"


@contextmanager
def checked_out(git: Git, commit: str) -> Iterator[Path]:
    """Checks a commit out into a temporary work tree, which is removed again."""
    folder = Path(tempfile.mkdtemp(prefix="batchwright-base-"))
    tree = folder / git.top.name
    try:
        git.ask("worktree", "add", "--detach", "--quiet", str(tree), commit, variables=_QUIET)
        yield tree
    finally:
        with suppress(RunnerError):
            git.ask("worktree", "remove", "--force", "--force", str(tree))
        shutil.rmtree(folder, ignore_errors=True)


def project_in(tree: Path, git: Git, project: Project) -> Project | None:
    """The same project in another work tree; none where it does not exist there.

    It has the same environment: where its app's program is a file of the project that git does not have, such as
    ``.venv/bin/python``, it is the one of here.
    """
    root = tree / project.root.resolve().relative_to(git.top.resolve())
    if not (root / FILE).is_file():
        return None
    copy = find_project(root)
    program, space, rest = copy.app.partition(" ")
    here = project.root / program
    if "/" in program and not (root / program).exists() and here.exists():
        return replace(copy, app=f"{shlex.quote(str(here.absolute()))}{space}{rest}")
    return copy


def head_label(git: Git | None, root: Path) -> str:
    """What the project here is: a commit, and whether something is not committed."""
    if git is None:
        return "the project as it is here"
    if not (commit := git.knows("HEAD")):
        return "the project as it is here, of which nothing is committed"
    changed = git.ask("status", "--porcelain", "--", str(root)).strip()
    return f"{commit[:_SHORT]}{', with what is not committed yet' if changed else ''}"
