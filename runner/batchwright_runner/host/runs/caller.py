"""Who calls this command."""

import getpass
import os
import socket


def this_caller() -> str:
    """Who calls: ``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
