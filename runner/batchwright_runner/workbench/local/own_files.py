"""Files and folders that must be this user's own, in places where others can write too, such as ``/tmp``."""

import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path


class NotOwnError(PermissionError):
    """Something is where another user may have put it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.strerror = why


def make_own_folder(folder: Path, owner: int) -> None:
    """Makes a folder that no one else can look into, if there is none.

    Args:
        folder: The folder.
        owner: The user whose it must be. Root may use another user's, as with ``sudo -E``. What is on the way to it,
            where anyone can write, must be the owner's or root's.

    Raises:
        NotOwnError: It is another user's.
        OSError: It cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in (folder, *folder.parents):
        planted = place.lstat().st_uid
        if place.parent.stat().st_mode & stat.S_IWOTH and planted not in (owner, 0):
            raise NotOwnError(f"{'it' if place == folder else place} belongs to {_user(planted)}")
    found = folder.stat()
    if found.st_uid != owner and owner != 0:
        raise NotOwnError(f"it belongs to {_user(found.st_uid)}")
    if found.st_uid == owner and found.st_mode & 0o077:
        folder.chmod(0o700)


def is_own_folder(folder: Path, owner: int) -> bool:
    """Whether a path is a folder of the user's, and not a link to one."""
    with suppress(OSError):
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == owner
    return False


def open_own(path: Path, flags: int, owner: int) -> int:
    """Opens a file that exists, without following a link and without waiting; gives the descriptor.

    Raises:
        NotOwnError: It is another user's, or not a plain file.
        OSError: It cannot be opened.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != owner:
        os.close(descriptor)
        raise NotOwnError(f"{path} is not a file of {_user(owner)}")
    return descriptor


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
