"""Names of a workflow's record, its execution and those of its steps, as runner and machine compute them. Pure."""

import hashlib
import re

from batchwright_runner.contract.names import AGAIN, StageNames

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")
"""An execution's name, with the characters that can be shown anywhere (Step Functions API reference, StartExecution,
2026-11: up to 80, and none of ``/`` and others)."""
_KEPT = 47
"""Characters of a run's id that a computed name keeps; a dash and the digits of its hash make it 80."""
_DIGITS = 32
"""Hexadecimal digits of a hash in a name."""
_OF_STEP = re.compile(rf".+-[0-9a-f]{{{_DIGITS}}}", re.ASCII)


def execution_name(run: str) -> str:
    """The name of a workflow's execution, by which a second start under the same id joins the first."""
    if _PLAIN.fullmatch(run):
        return run
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', run[:_KEPT])}-{_digest(run)}"


def shown_id(run: str) -> str:
    """The id of a workflow's run as ``WORKFLOW@ID`` has it: without an at sign of its own."""
    return execution_name(run) if "@" in run else run


def again_id(first: str, number: int) -> str:
    """The id of a run again: whoever asks for it at the same time gets the same one, and one run is started.

    `number`: Which run again of it, from 1; 0 for the first run.
    """
    return f"{first}-again-{number}" if number else first


def first_id(run: str) -> tuple[str, int]:
    """The id of the first run, and the number of a run again of it; 0 for the first run itself."""
    match = AGAIN.fullmatch(run)
    return (match[1], int(match[2])) if match else (run, 0)


def child_name(step: str, parent: str) -> str:
    """The name of the execution that runs a step."""
    return f"{step}-{_digest(f'{parent}/{step}')}"


def step_of(name: str, parent: str) -> str:
    """The step that an execution of that name runs for the execution of that ARN; empty for none."""
    step = name.rpartition("-")[0]
    return step if name == child_name(step, parent) else ""


def may_be_of_step(name: str) -> bool:
    """Whether an execution's name has the form of a step's: others need not be asked which workflow they belong to."""
    return _OF_STEP.fullmatch(name) is not None


def run_of_step(project: str, stage: str, name: str, parent: str) -> tuple[str, str] | None:
    """The workflow, and the run of it, that an execution is a step of; none where it is of no workflow of the stage.

    `parent`: the ARN of the execution that has started it; empty for none.
    """
    machine, _, run = parent.rpartition(":")
    workflow, prefix = machine.rpartition(":")[2], StageNames(project, stage).family("")
    if not workflow.startswith(prefix) or not step_of(name, parent):
        return None
    return workflow.removeprefix(prefix), run


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
