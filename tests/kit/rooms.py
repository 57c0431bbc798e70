"""What tests a room: the test modules that reach it by imports, and the stories of its verbs.

    make test ROOM=diff

A room is a folder of the contract, the host, the workbench, or the construct library. Only the chosen files are
collected.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from batchwright_runner.cli import _VERBS
from tests.kit.imports import imported_names, read_sources

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "tests": "tests",
    "batchwright_runner": "runner/batchwright_runner",
    "batchwright": "constructs/batchwright",
}
"""Package to its folder."""
FLOORS = (
    "runner/batchwright_runner/contract",
    "runner/batchwright_runner/host",
    "runner/batchwright_runner/workbench",
    "constructs/batchwright",
)
"""Folders whose folders are rooms."""
WHOLE = {"contract": FLOORS[0], "commands": "runner/batchwright_runner/commands"}
"""Rooms of their own."""
BY_VERBS = ("tests/stories/", "tests/terminal/", "tests/runner/commands/")
"""Where a test starts the command, and so imports nothing of what it tests."""

Imports = Mapping[str, frozenset[str]]


def rooms(root: Path = ROOT) -> dict[str, list[str]]:
    """The rooms by name, each with its modules as they are imported; one name may be a room of several floors."""
    modules: dict[str, list[str]] = {name: [_module(folder)] for name, folder in WHOLE.items()}
    for floor in FLOORS:
        for folder in sorted((root / floor).iterdir()):
            if folder.is_dir() and any(folder.glob("*.py")):
                modules.setdefault(folder.name, []).append(_module(f"{floor}/{folder.name}"))
    return dict(sorted(modules.items()))


def _module(folder: str) -> str:
    return ".".join(Path(folder).parts[1:])


def imports_of_all(root: Path = ROOT) -> Imports:
    """Module, in full, to the modules that it imports."""
    names: dict[str, set[str]] = {}
    for package, folder in PACKAGES.items():
        by_module = imported_names(package, read_sources(root / folder))
        names |= {f"{package}.{module}".removesuffix(".__init__"): imported for module, imported in by_module.items()}
    return {module: frozenset(_modules(imported, names.keys())) for module, imported in names.items()}


def _modules(names: Iterable[str], known: Iterable[str]) -> Iterable[str]:
    """The modules that names are, or are taken from."""
    for name in names:
        if name in known:
            yield name
        elif (parent := name.rpartition(".")[0]) in known:
            yield parent


def reaching(room: Iterable[str], imports: Imports) -> set[str]:
    """The modules that import a module of the room, or a module that does."""
    importers: dict[str, set[str]] = {}
    for module, imported in imports.items():
        for target in imported:
            importers.setdefault(target, set()).add(module)
    reached = {module for module in imports if _within(module, room)}
    waiting = list(reached)
    while waiting:
        new = importers.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def verbs(room: Iterable[str], imports: Imports) -> set[str]:
    """The verbs whose own module imports the room, or is of it."""
    at = {name: f"batchwright_runner.commands.{verb.module}" for name, verb in _VERBS.items()}
    return {name for name, module in at.items() if any(_within(near, room) for near in (module, *imports[module]))}


def chosen(name: str, root: Path = ROOT) -> list[str]:
    """The files of the tests of a room, in order.

    Raises:
        LookupError: There is no such room. It says which there are.
    """
    known = rooms(root)
    if name not in known:
        raise LookupError(f"there is no room {name!r}. There are: {', '.join(known)}")
    imports = imports_of_all(root)
    modules = reaching(known[name], imports)
    files = {path.relative_to(root).as_posix() for path in root.joinpath("tests").rglob("test_*.py")}
    words = re.compile("|".join(rf'"{verb}"' for verb in verbs(known[name], imports)) or "(?!)")
    stories = {file for file in files if file.startswith(BY_VERBS) and words.search((root / file).read_text())}
    reached = {file for file in files if file.removesuffix(".py").replace("/", ".") in modules}
    return sorted(file for file in stories | reached if not file.startswith("tests/e2e/"))


def _within(module: str, room: Iterable[str]) -> bool:
    return any(f"{module}.".startswith(f"{part}.") for part in room)


if __name__ == "__main__":
    try:
        print("\n".join(chosen(sys.argv[1])))
    except LookupError as error:
        sys.exit(f"make test: {error.args[0]}")
