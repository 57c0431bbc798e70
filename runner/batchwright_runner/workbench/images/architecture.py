"""The CPU architecture that the settings say images are built for."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract.sizes import ARCHITECTURES
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.batchwright_toml import read_toml


def find_architecture(*, folder: Path, environment: Mapping[str, str]) -> str:
    """The CPU architecture that images are built for where no declaration says one: the variable, then the file.

    Returns:
        ``X86_64`` or ``ARM64``; empty where nothing says it.

    Raises:
        UsageError: The variable has another value.
        RunnerError: The file cannot be used, or has another value.
    """
    given = environment.get("BATCHWRIGHT_ARCHITECTURE", "")
    if given and given not in ARCHITECTURES:
        raise UsageError(f"BATCHWRIGHT_ARCHITECTURE cannot be used: it is {given!r}, not {' or '.join(ARCHITECTURES)}")
    return given or str(read_toml(folder, environment).settings.get("architecture", ""))
