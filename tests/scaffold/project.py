"""A new project that has its environment already: the one that the tests run in."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.kit.command import Done, call, environment, finish
from tests.kit.wheel import WITH_A_WHEEL

ENVIRONMENT = Path(sys.prefix)
KNOWN_PLACE = ("--stage", "staging=111111111111/ap-northeast-1", "--subnets", "subnet-0a1b,subnet-0c2d")


def init(folder: Path, *words: str) -> Done:
    """``batchwright init`` in a folder, without a terminal."""
    return call(folder, "init", *words, env=environment(**WITH_A_WHEEL, TZ="UTC"))


def installed(project: Path) -> Path:
    """The project, with a .venv that is the tests' own and counts as installed."""
    venv = project / ".venv"
    venv.mkdir()
    for name in ("bin", "lib"):
        (venv / name).symlink_to(ENVIRONMENT / name)
    shutil.copy(ENVIRONMENT / "pyvenv.cfg", venv)
    (venv / ".installed").touch()
    return project


def run(project: Path, *command: str, **variables: str) -> Done:
    """A command in the project, as a person types it there."""
    process = subprocess.Popen(
        command,
        cwd=project,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return finish(process, 300)


def typed(project: Path) -> Done:
    """mypy, as ``make check`` calls it, but without aws_cdk's own types, which take a minute to read."""
    config = project / ".venv" / "mypy.toml"
    skipped = '\n[[tool.mypy.overrides]]\nmodule = ["aws_cdk.*", "constructs.*", "jsii.*"]\nfollow_imports = "skip"\n'
    config.write_text((project / "pyproject.toml").read_text(encoding="utf-8") + skipped, encoding="utf-8")
    return run(project, ".venv/bin/python", "-m", "mypy", "--config-file", str(config))


def linted(project: Path) -> list[Done]:
    """ruff, as ``make check`` calls it."""
    ruff = [".venv/bin/python", "-m", "ruff"]
    return [run(project, *ruff, "format", "--diff", "."), run(project, *ruff, "check", ".")]


def contents(folder: Path) -> dict[str, str]:
    """Each file and link of a folder, by what it holds."""
    return {str(path.relative_to(folder)): _hash(path) for path in walk(folder)}


def walk(folder: Path) -> Iterable[Path]:
    """The files and links of a folder, hidden ones too."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in files)
        yield from (Path(parent, name) for name in folders if Path(parent, name).is_symlink())


def _hash(path: Path) -> str:
    return str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
