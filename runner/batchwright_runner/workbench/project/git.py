"""What git knows of a folder. The user's own git is asked."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import STOP_SIGNALS

_NO_REPOSITORY = "fatal: not a git repository (or any"
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"})
"""What git tells the hooks of a repository (``git rev-parse --local-env-vars``, 2026-11): it may be another one."""
_SETTINGS = ("-c", "core.quotePath=false", "-c", "tar.umask=0022")
_READABLE = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True, slots=True)
class Git:
    """Git in a folder that is in a repository."""

    folder: Path
    top: Path

    def ask(self, *words: str, variables: Mapping[str, str] | None = None) -> str:
        """Runs a command of git, and returns what it prints."""
        done = _run(self.folder, words, variables)
        if done.returncode != 0:
            raise RunnerError(f"git {words[0]} failed in {self.folder}: {_complaint(done)}")
        return done.stdout

    def knows(self, commit: str) -> str:
        """The full digits of a commit, if the repository has it; empty otherwise."""
        done = _run(self.folder, ["rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"])
        return done.stdout.strip() if done.returncode == 0 else ""

    def has(self, path: Path) -> bool:
        """Whether a file is in the index: committed, or about to be."""
        return _run(self.folder, ["ls-files", "--error-unmatch", "--", str(path)]).returncode == 0

    def ignores(self, path: Path) -> bool:
        """Whether git leaves a file out, were it there: it is ignored, and not in the index."""
        return _run(self.folder, ["check-ignore", "--quiet", "--", str(path)]).returncode == 0


def git_of(folder: Path) -> Git | None:
    """Git in a folder; none where the folder is in no repository."""
    try:
        done = _run(folder, ["rev-parse", "--show-toplevel"])
    except FileNotFoundError:
        if any((parent / ".git").exists() for parent in (folder.resolve(), *folder.resolve().parents)):
            raise RunnerError(f"{folder} is in a git repository, and git was not found", hint="Install git") from None
        return None
    if done.returncode == 0:
        return Git(folder, Path(done.stdout.rstrip("\n")))
    if done.stderr.startswith(_NO_REPOSITORY):
        return None
    raise RunnerError(f"{folder} is in a git repository that cannot be read: {_complaint(done)}")


def _run(
    folder: Path, words: Sequence[str], variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    surroundings = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    done = subprocess.run(
        ["git", "-C", str(folder), *_SETTINGS, *words],  # noqa: S607 - the user's own git
        stdin=subprocess.DEVNULL,
        env={**surroundings, **_READABLE, **(variables or {})},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if -done.returncode in STOP_SIGNALS:  # Ctrl-C reaches it too
        raise InterruptedEarlyError(-done.returncode)
    return done


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().replace("\n", " ") or f"exit code {done.returncode}"
