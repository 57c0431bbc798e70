"""The runner: starts a declared batch, shows its log on stdout and returns its exit code."""

import sys

from batchwright_runner._version import __version__

if sys.version_info < (3, 11):  # noqa: UP036 - before an older one stumbles over what it cannot read
    sys.exit(f"batchwright: Python 3.11 or newer is needed, and {sys.version.split()[0]} was found: {sys.executable}")

__all__ = ["__version__"]
