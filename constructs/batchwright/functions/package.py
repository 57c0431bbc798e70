"""The package of a stage's functions: the runner's modules that their handlers import, and the time zones.

Its bytes depend on these files' contents alone: two machines make the same package, with the same hash.
"""

import ast
import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from batchwright_runner import contract

ALERTS = "batchwright_runner.alerting.handler"
MACHINES = "batchwright_runner.machines.handler"
HANDLERS = (ALERTS, MACHINES)
"""The modules that Lambda imports."""
_ROOT = Path(contract.__file__).parents[2]
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the first that a ZIP file can have."""
_READABLE = 0o644 << 16


@cache
def package() -> tuple[str, bytes]:
    """The hash of the package, and the package: a ZIP file, not compressed, as compressors differ."""
    packed = zipped({**modules(_ROOT, *HANDLERS), **dict(_below(files("tzdata"), "tzdata"))})
    return sha256(packed).hexdigest(), packed


def name_of(digest: str) -> str:
    """How the CDK calls an asset whose hash was given to it (aws-cdk-lib 2.275, ``AssetStaging``)."""
    return sha256(digest.encode()).hexdigest()


def zipped(contents: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(contents):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system, entry.external_attr = 3, _READABLE  # as on Unix, whatever this machine is
            archive.writestr(entry, contents[path])
    return packed.getvalue()


def modules(root: Path, *entries: str) -> dict[str, str]:
    """Some modules, those that they import, and those that these import: path to text.

    An import for types alone counts as none.
    """
    modules: dict[str, str] = {}
    seen: set[str] = set()
    waiting = [*entries]
    while waiting:
        name = waiting.pop()
        if name in seen or name.partition(".")[0] != entries[0].partition(".")[0]:
            continue
        seen.add(name)
        waiting += [name.rpartition(".")[0]]
        path = Path(*name.split("."))
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if (root / file).is_file():
                text = (root / file).read_text(encoding="utf-8")
                modules[file.as_posix()] = text
                waiting += _imported(ast.parse(text))
    return modules


def _below(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    """Path and contents of all files below a folder.

    The time zones come along as Lambda's Python may have none (Amazon Linux 2023, on which it is built, has them only
    where tzdata is installed; amazonlinux/amazon-linux-2023 issue 615, 2026-11).
    """
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from () if entry.name == "__pycache__" else _below(entry, name)
        else:
            yield name, entry.read_bytes()


def _imported(tree: ast.AST) -> Iterator[str]:
    """All that may be a module of what a module imports: of ``from a import b``, ``a`` and ``a.b``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            yield from _imported(node)
