"""Runs the project's app to synthesize, as the CDK CLI does."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract.installed import requirement
from batchwright_runner.contract.node import choose_node
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.runs.signals import Waiter, end_if_told
from batchwright_runner.host.settings.project import MAKEFILE, Project, has_target, no_environment
from batchwright_runner.host.terminal.text import few

SHOWN_LINES = 15
NOT_FOUND = 127
"""The shell's code for a command that was not found (POSIX, "Exit Status for Commands")."""
DEBUG = "BATCHWRIGHT_DEBUG"
_KEPT = 200_000  # bytes of the app's output that are kept for a message
_PATHS = {"aws:cdk:enable-path-metadata": True}
"""So that templates say which construct a resource is of. Local runs have no use for it."""
_ONE_LINE = re.compile(r"^batchwright: (.+)$", re.MULTILINE)
"""A mistake as the construct library says it, with the file and the line."""
_REFUSED = "ValidationFailed"
"""What the CDK ends with where its own validation refuses a value; what it refuses it has printed before."""
_ERROR = re.compile(r"^ERROR (.+)\n +(\S+)", re.MULTILINE)
"""One of its errors, and the construct."""
_NO_LIBRARY = re.compile(r"^ModuleNotFoundError: No module named 'batchwright'$", re.MULTILINE)
_DECLARATION_ERROR = re.compile(r"^(?:\w+\.)*DeclarationError: ", re.MULTILINE)


def synthesize(
    project: Project, stage: str | None, target: Path, *, waiter: Waiter, environment: Mapping[str, str]
) -> None:
    """Writes the assembly of one stage into ``target``."""
    process = begin(project, stage, target, environment)
    finish(process, project, target, waiter, environment)


def begin(
    project: Project, stage: str | None, target: Path, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Starts a synthesis, which `finish` ends. The arguments are those of `synthesize`."""
    return subprocess.Popen(
        ["/bin/sh", "-c", project.app],
        cwd=project.root,
        env=_environment(project, stage, target, environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def finish(
    process: "subprocess.Popen[bytes]", project: Project, target: Path, waiter: Waiter, environment: Mapping[str, str]
) -> None:
    """Waits for a synthesis."""
    output, code, hint = _collect(process, waiter), process.returncode, ""
    if code == NOT_FOUND and (hint := no_environment(project)):
        why = f'"{project.app}" was not found'
    elif code != 0 and _NO_LIBRARY.search(output):
        why, hint = f'batchwright is not installed in the Python of "{project.app}"', how_to_install(project)
    elif code != 0:
        why = output.strip() if environment.get(DEBUG) else mistake(output, project.app, code)
    elif any(target.glob("*")):
        return
    else:
        why = f'"{project.app}" ended well and wrote nothing to $CDK_OUTDIR'
        hint = "Let it call app.synth() at its end, and give no outdir= of its own"
    raise RunnerError(f"the batches cannot be synthesized: {why}", hint=hint)


def _environment(project: Project, stage: str | None, target: Path, environment: Mapping[str, str]) -> dict[str, str]:
    own = {key: value for key, value in environment.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # So that "python app.py" is the Python this command is installed in.
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    chosen = _PATHS if stage is None else {"stage": stage}
    context = json.dumps({**project.context, **chosen})
    variables = {**own, "PATH": path, "CDK_OUTDIR": str(target), "CDK_CONTEXT_JSON": context}
    choose_node(variables)
    return variables


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ends a synthesis that is no longer needed, with all that it started. One that has ended stays as it is."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    process.wait()


def _collect(process: "subprocess.Popen[bytes]", waiter: Waiter) -> str:
    assert process.stdout is not None  # noqa: S101 - it was asked for above
    pipe = process.stdout.fileno()
    tail = b""
    os.set_blocking(pipe, False)
    try:
        while True:
            end_if_told(waiter)
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                waiter.wait(1.0, [pipe])
                continue
            if not data:
                break
            tail = (tail + data)[-_KEPT:]
    finally:
        if process.poll() is None and waiter.signals:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    return tail.decode("utf-8", "replace")


def how_to_install(project: Project) -> str:
    """What to run where the Python of a project's app exists and has no batchwright to declare batches with."""
    program = project.app.split()[0]
    if "/" not in program:
        return f"Install it there: pip install {requirement('cdk')}"
    if not has_target(project.root / MAKEFILE, "demo"):
        return f"Install it there: {Path(program).parent}/pip install {requirement('cdk')}"
    installed = (project.root / ".venv" / ".installed").exists()
    return f"Run {'rm -r .venv && ' if installed else ''}make demo, which installs it"


def mistake(output: str, app: str, code: int) -> str:
    """What was wrong, from what an app printed before it failed. Pure."""
    if _REFUSED in output and (refused := _refused(output)):
        return f"the CDK refuses this:\n{refused}"
    mistakes = _ONE_LINE.findall(output)
    if mistakes:
        return "\n".join(dict.fromkeys(mistakes))
    errors = list(_DECLARATION_ERROR.finditer(output))
    if errors:
        return output[errors[-1].end() :].strip()
    lines = [line for line in output.splitlines() if line.strip()]
    last = "\n".join(lines[-SHOWN_LINES:]) or "it said nothing"
    return f'"{app}" exited with {code}:\n{last}'


def _refused(output: str) -> str:
    """The errors of the CDK's own validation, each once, with the first construct that has it."""
    by_error: dict[str, list[str]] = {}
    for error, construct in _ERROR.findall(output):
        by_error.setdefault(error, []).append(construct)
    lines = [f"ERROR {error}\n  {few([*dict.fromkeys(ones)], 1)}" for error, ones in by_error.items()]
    return "\n".join(lines[:SHOWN_LINES])
