"""For which CPU an image is built: as it is asked for, or as the settings say."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract.sizes import ARCHITECTURES, DEFAULT_ARCHITECTURE, IMAGE_ARCHITECTURES
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.batchwright_toml import read_toml

_PLATFORMS: Mapping[str, str] = {ours: f"linux/{theirs}" for theirs, ours in IMAGE_ARCHITECTURES.items()}


def find_platform(requested: str, *, folder: Path, environment: Mapping[str, str]) -> str:
    """What the command line says, or the variable, or the file: ``linux/amd64``."""
    variable = environment.get("BATCHWRIGHT_ARCHITECTURE", "")
    if variable and variable not in ARCHITECTURES:
        known = " or ".join(ARCHITECTURES)
        raise UsageError(f"BATCHWRIGHT_ARCHITECTURE cannot be used: it is {variable!r}, not {known}")
    configured = read_toml(folder, environment).settings.get("architecture", DEFAULT_ARCHITECTURE)
    return _PLATFORMS[requested or variable or str(configured)]
