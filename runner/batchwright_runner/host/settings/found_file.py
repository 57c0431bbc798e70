"""Files that are found by where a command is called, and not named: used only where no one else can have written them.

What such a file says decides which program runs here, with whose credentials. The rule is that of git's safe.directory:
files of this user, of root, and of the user who called sudo.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from pwd import getpwuid

from batchwright_runner.errors import RunnerError

TRUST = "BATCHWRIGHT_TRUST"
"""The variable that allows folders of others, and what is below them."""


def read_found(path: Path, environment: Mapping[str, str], *, beside: bool = False) -> str:
    """Reads a file that was found.

    `beside`: whether what is beside it is used too: then its folder has to be this user's as well.
    """
    with path.open(encoding="utf-8") as stream:
        folder = path.parent
        if not _allowed(folder.resolve(), environment):
            _check(path, os.fstat(stream.fileno()), _users(os.geteuid(), environment), beside=beside)
        return stream.read()


def _users(user: int, environment: Mapping[str, str]) -> set[int]:
    """Whose files are used: this user's and root's, and with sudo also those of its caller."""
    caller = environment.get("SUDO_UID", "")
    return {0, user, int(caller)} if user == 0 and caller.isdecimal() else {0, user}


def _allowed(folder: Path, environment: Mapping[str, str]) -> bool:
    named = [name for name in environment.get(TRUST, "").split(os.pathsep) if name]
    return "*" in named or any(folder.is_relative_to(Path(name).expanduser().resolve()) for name in named)


def _check(path: Path, file: os.stat_result, users: set[int], *, beside: bool) -> None:
    folder = path.parent.stat()
    owners = {"it": file.st_uid, "its link": path.lstat().st_uid, **({"its folder": folder.st_uid} if beside else {})}
    trust = f"or, if you trust it, set {TRUST}={path.parent}"
    for subject, owner in owners.items():
        if owner not in users:
            raise RunnerError(
                f"{path} is not used, since it decides what runs here: {subject} belongs to {_name(owner)}, "
                f"and you are {_name(os.geteuid())}",
                hint=f"Make it yours with chown; {trust}",
            )
    is_open = folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX
    if is_open or file.st_mode & stat.S_IWOTH:
        raise RunnerError(
            f"{path} is not used, since it decides what runs here: every user of this machine can "
            f"{'replace' if is_open else 'change'} it",
            hint=f"chmod o-w {path.parent if is_open else path}; {trust}",
        )


def _name(user: int) -> str:
    try:
        return f"{getpwuid(user).pw_name} (uid {user})"
    except KeyError:
        return f"uid {user}"
