"""The distributions in fresh environments of every Python: the runner alone, and a first day with all of it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.script import Script, lines
from tests.first_day import ROOT, newcomer, steps, walk
from tests.release.build import ReleaseError

PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
Say = Callable[[str], None]


def find(version: str) -> str:
    """An interpreter of that version on this machine; empty for none. Nothing is downloaded."""
    command = [str(Path(sys.executable).with_name("uv")), "python", "find", "--no-python-downloads", version]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def try_all(dist: Path, version: str, say: Say, pythons: Sequence[str] = PYTHONS) -> list[str]:
    """Tries the wheel, which is built from the sdist, with every Python that is here.

    Returns:
        The versions that are not.

    Raises:
        ReleaseError: Something does not work.
    """
    missing = []
    for python in pythons:
        program = find(python)
        if not program:
            missing.append(python)
            continue
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            say(f"Python {python}: the runner alone, from the wheel")
            (wheel,) = dist.glob("*.whl")
            run_alone(_install(program, Path(folder, "wheel"), wheel), version, Path(folder))
        say(f"Python {python}: a new user's first day, with [cdk]")
        first_day(dist, program)
    return missing


def _install(python: str, folder: Path, distribution: Path) -> Path:
    """Makes an environment that has it, with the pinned versions of what it needs."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    pins = ROOT / "requirements/run.txt"
    bare = folder.with_name("pins")
    bare.write_text(
        "\n".join(line.split()[0] for line in pins.read_text().splitlines() if "==" in line), encoding="utf-8"
    )
    install = [sys.executable, str(ROOT / "requirements/install.py"), distribution.name, str(folder)]
    _run([*install, "--constraint", str(bare), str(distribution)], folder, {**os.environ})
    return folder


def run_alone(env: Path, version: str, work: Path) -> None:
    """What a scheduler's host does: a batch that is deployed already, by its name, without a project or the library.

    Raises:
        ReleaseError: It does not work.
    """
    command = str(env / "bin/batchwright")
    _run([command, "--version"], work, shows=f"batchwright, version {version}")
    _run([str(env / "bin/python"), "-c", "import aws_cdk"], work, code=1)
    with AwsServer() as aws:
        aws.deploy(sample_manifest("report"), Script(lines=lines("3 rows"), exit_code=3))
        variables = {**_plain(), **aws.environ()}
        _run([command, "list", "-s", "staging"], work, variables, shows="report")
        _run([command, "run", "report", "-s", "staging"], work, variables, code=3, shows="3 rows")


def first_day(dist: Path, python: str) -> None:
    """The README's first five minutes, with this Python and these distributions.

    Raises:
        ReleaseError: A command does not do what the README shows.
    """
    printed: list[str] = []
    with newcomer(dist, python) as (environment, folder):
        installs, *others = steps(ROOT / "README.md")
        expected = [replace(installs, command=installs.command.replace("./batchwright[", "batchwright[")), *others]
        taken = list(walk(expected, environment, folder, use="uv", say=printed.append))
    if [tried.step for tried in taken] != expected or not all(tried.as_shown for tried in taken):
        raise ReleaseError(f"the first day with {python} is not as the README shows:\n" + "\n".join(printed[-30:]))


def _plain() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def _run(
    command: Sequence[str], folder: Path, env: Mapping[str, str] | None = None, *, code: int = 0, shows: str = ""
) -> None:
    variables = dict(env if env is not None else _plain())
    done = subprocess.run(command, cwd=folder.parent, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != code or shows not in done.stdout:
        expected = f"exit {done.returncode}, and {code} with {shows!r} is expected"
        raise ReleaseError(f"{' '.join(command)}: {expected}:\n{(done.stdout + done.stderr).strip()}")
