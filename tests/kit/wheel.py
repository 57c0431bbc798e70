"""A folder in which pip finds batchwright: ``init`` then need not say where this one is from."""

from pathlib import Path
from tempfile import TemporaryDirectory

from batchwright_runner._version import __version__

_FOLDER = TemporaryDirectory(prefix="batchwright-wheel-")
WITH_A_WHEEL = {"PIP_FIND_LINKS": _FOLDER.name}
Path(_FOLDER.name, f"batchwright-{__version__}-py3-none-any.whl").touch()
