"""Runs the project's app to synthesize, as the CDK CLI does."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.project.project import Project
from batchwright_runner.runs.signals import Waiter

SHOWN_LINES = 15
_KEPT = 200_000  # bytes of the app's output that are kept for a message
_DECLARATION_ERROR = re.compile(r"^(?:\w+\.)*DeclarationError: ", re.MULTILINE)


def synthesize(project: Project, stage: str, target: Path, *, waiter: Waiter, environment: Mapping[str, str]) -> None:
    """Writes the assembly of one stage into ``target``.

    Raises:
        RunnerError: The app failed; the message holds its mistake or its last lines.
        InterruptedEarlyError: A signal came; the app has been stopped.
    """
    process = subprocess.Popen(
        ["/bin/sh", "-c", project.app],
        cwd=project.root,
        env=_environment(project, stage, target, environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    output = _collect(process, waiter)
    if process.returncode != 0:
        raise RunnerError(f"the batches cannot be synthesized: {_mistake(output, project.app, process.returncode)}")


def _environment(project: Project, stage: str, target: Path, environment: Mapping[str, str]) -> dict[str, str]:
    own = {key: value for key, value in environment.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # So that "python app.py" is the Python this command is installed in.
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    context = json.dumps({**project.context, "stage": stage})
    return {**own, "PATH": path, "CDK_OUTDIR": str(target), "CDK_CONTEXT_JSON": context}


def _collect(process: "subprocess.Popen[bytes]", waiter: Waiter) -> str:
    assert process.stdout is not None  # noqa: S101 - it was asked for above
    pipe = process.stdout.fileno()
    kept = b""
    os.set_blocking(pipe, False)
    try:
        while True:
            if waiter.signals:
                raise InterruptedEarlyError(waiter.signals[0])
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                waiter.wait(1.0, [pipe])
                continue
            if not data:
                break
            kept = (kept + data)[-_KEPT:]
    finally:
        if process.poll() is None and waiter.signals:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    return kept.decode("utf-8", "replace")


def _mistake(output: str, app: str, code: int) -> str:
    found = list(_DECLARATION_ERROR.finditer(output))
    if found:
        return output[found[-1].end() :].strip()
    lines = [line for line in output.splitlines() if line.strip()]
    last = "\n".join(lines[-SHOWN_LINES:]) or "it said nothing"
    return f'"{app}" ended with {code}:\n{last}'
