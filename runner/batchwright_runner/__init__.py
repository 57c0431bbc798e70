"""The runner: starts a declared batch, shows its log on stdout and returns its exit code."""

from batchwright_runner._version import __version__

__all__ = ["__version__"]
