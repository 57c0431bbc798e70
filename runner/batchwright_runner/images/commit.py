"""Which commit an image is built from: its tag names it, so the files must be those of the commit."""

import re
import subprocess
from pathlib import Path

from batchwright_runner.errors import UsageError

LENGTH = 12
"""Characters of the commit in a tag."""
_COMMIT = re.compile(r"[0-9a-f]{12,64}")


def tag_of(commit: str) -> str:
    """The tag of a commit: ``sha-`` and its first 12 digits.

    Raises:
        UsageError: It is no commit, or abbreviated to less.
    """
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"{commit!r} is no commit: 12 to 64 hexadecimal digits are expected")
    return f"sha-{commit[:LENGTH]}"


def commit_of(context: Path) -> str:
    """The commit that a folder's files are those of.

    Raises:
        UsageError: It is in no git repository, or holds files that are not committed.
    """
    commit = _git(context, "rev-parse", "HEAD")
    if not commit:
        raise UsageError(
            f"the image has no tag: {context} is in no git repository with a commit", hint="Add --commit COMMIT"
        )
    changed = _git(context, "status", "--porcelain", "--", ".")
    if changed:
        files = ", ".join(line[3:] for line in changed.splitlines()[:3])
        raise UsageError(
            f"the image would not be that of commit {commit[:LENGTH]}: files of {context} are not committed: {files}",
            hint="Commit them; or say which commit it is with --commit",
        )
    return commit


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)  # noqa: S607 - the user's own git
    except FileNotFoundError:
        return ""
    return done.stdout.rstrip("\n") if done.returncode == 0 else ""
