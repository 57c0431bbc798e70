"""Finding the batches of a project: the classes defined in ``batches/*/batch.py``."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from batchwright.batch import FargateBatch

FOLDER = "batches"


def find_batches(root: Path) -> list[type[FargateBatch]]:
    """The batches that a project declares, in the order of their folders' names.

    A pull request that adds a batch adds one folder. Counted are the public, non-abstract subclasses of `FargateBatch`
    that are *defined* in a folder's ``batch.py``; one that is only imported there belongs to its own folder.

    Args:
        root: The folder that holds ``batches/``.

    Returns:
        The classes; none where there is no ``batches/``.
    """
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    files = sorted(root.joinpath(FOLDER).glob("*/batch.py"))
    return [batch for file in files for batch in _defined(f"{FOLDER}.{file.parent.name}.batch")]


def _defined(module_name: str) -> Iterator[type[FargateBatch]]:
    module = importlib.import_module(module_name)
    for name, value in vars(module).items():
        if (
            inspect.isclass(value)
            and issubclass(value, FargateBatch)
            and value.__module__ == module_name
            and not name.startswith("_")
            and not inspect.isabstract(value)
        ):
            yield value
