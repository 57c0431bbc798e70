"""What tests a room: the folder that mirrors it, then the test modules that import it.

    make test ROOM=diff            # those
    make test ROOM=diff DEEP=1     # then all that reach it by imports, and the stories of its verbs

A room is a folder of the contract, the host, the workbench, or the construct library. Only the chosen files are
collected.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from batchwright_runner.cli import _VERBS
from tests.kit.imports import imported_names, read_sources
from tests.kit.tiers import WHOLE as OTHER_TIER

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


@cache
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


def chosen(name: str, root: Path = ROOT, *, deep: bool = False) -> list[str]:
    """The files of the tests of a room, the nearest first.

    Raises:
        LookupError: There is no such room. It says which there are.
    """
    known = rooms(root)
    if name not in known:
        raise LookupError(f"there is no room {name!r}. There are: {', '.join(known)}")
    room, imports = known[name], imports_of_all(root)
    paths = (path.relative_to(root).as_posix() for path in root.joinpath("tests").rglob("test_*.py"))
    files = sorted(path for path in paths if not path.startswith("tests/e2e/"))
    mirrors = tuple(map(_mirror, room))
    direct = {module for module, imported in imports.items() if any(_within(one, room) for one in imported)}
    near = [file for file in files if file.startswith(mirrors)]
    near += [
        file for file in files if file not in near and _test(file) in direct and file.split("/")[1] not in OTHER_TIER
    ]
    if not deep:
        return near
    words = re.compile("|".join(rf'"{verb}"' for verb in verbs(room, imports)) or "(?!)")
    reached = reaching(room, imports)
    far = (file for file in files if _test(file) in reached or _types(root / file, file, words))
    return [*near, *(file for file in far if file not in near)]


def _mirror(module: str) -> str:
    """The folder whose tests are those of a room's module."""
    package, *folders = module.split(".")
    return "/".join(["tests", "library" if package == "batchwright" else "runner", *folders]) + "/"


def _test(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def _types(path: Path, file: str, words: re.Pattern[str]) -> bool:
    return file.startswith(BY_VERBS) and words.search(path.read_text(encoding="utf-8")) is not None


def _within(module: str, room: Iterable[str]) -> bool:
    return any(f"{module}.".startswith(f"{part}.") for part in room)


if __name__ == "__main__":
    try:
        print("\n".join(chosen(sys.argv[1], deep="--deep" in sys.argv)))
    except LookupError as error:
        sys.exit(f"make test: {error.args[0]}")
