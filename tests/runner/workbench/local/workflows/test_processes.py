"""Workflows whose steps are real processes of this machine, held to the table of rules."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.contract.workflows.rules import WorkflowVerdict
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import standard_output
from batchwright_runner.workbench.local.backends import BackendChoice
from batchwright_runner.workbench.local.request import LocalRequest
from batchwright_runner.workbench.local.run import Here
from batchwright_runner.workbench.local.workflows.run import WorkflowRequest, run_workflow_here
from batchwright_runner.workbench.project.batches import DeclaredBatch
from tests.kit.projects import batch_of, declared, make_project
from tests.kit.workflow_rows import ROWS, WorkflowRow

HERE = {"timeout", "never-started"}
"""The ends that a process can come to, beside exit codes: no one pauses it, and AWS does not end it."""
PLAYED = [
    row
    for row in ROWS
    if not row.whole
    and not row.passed_over
    and all(end.isdigit() or end in HERE for attempts in row.attempts.values() for end in attempts)
]


@pytest.mark.parametrize("row", PLAYED, ids=str)
def test_processes_do_as_the_table_says(tmp_path: Path, row: WorkflowRow) -> None:
    end, lines = play(tmp_path, row)

    assert {step.step.name: step.state.status for step in end.steps} == row.states
    assert {line.partition(b" | ")[0].decode() for line in lines} == {
        name for name in row.started if row.attempts.get(name) != ("never-started",)
    }
    expected = WorkflowVerdict(Row.SIGNAL, 143) if row.stop else row.verdict
    assert (end.verdict.row, end.verdict.code) == (expected.row, expected.code)
    assert end.verdict.why.startswith(f"step {expected.step}: " if expected.step else "")
    told = {line.partition(b"told: ")[2].decode() for line in lines if b"step-z | " in line or b"step-y | " in line}
    assert told == (set() if row.told is None else {row.told})


def test_enough_of_the_table_is_played() -> None:
    assert len(PLAYED) >= 60


def play(folder: Path, row: WorkflowRow) -> tuple[WorkflowEnd, list[bytes]]:
    """Plays a row: its end, and the lines of all logs."""
    make_project(folder)
    batches = [batch(folder, row, step.batch) for step in row.structure.all_steps]
    each = LocalRequest(name="nightly", stage="local", given={}, command=(), timeout=None, run="night")
    workflow = Workflow(
        project="batches",
        stage="local",
        name="nightly",
        owner="finance",
        steps=row.structure.steps,
        always=row.structure.always,
    )
    with SignalWaiter() as waiter, (folder / "log").open("wb") as log, (folder / "stderr").open("wb") as told:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        console = Console(log.fileno(), told.fileno(), environment={})
        around = Surroundings(folder, environment, waiter, standard_output(console), console)
        here = Here(find_project(folder), BackendChoice(None), around)
        if row.stop:
            threading.Thread(target=stop_when_started, args=(folder, row)).start()
        end = run_workflow_here(WorkflowRequest(each=each, parallelism=100), workflow, batches, here)
    return end, (folder / "log").read_bytes().splitlines()


def batch(folder: Path, row: WorkflowRow, name: str) -> DeclaredBatch:
    """The batch of a step, which ends as the row says."""
    (folder / "batches" / name.replace("-", "_") / "app").mkdir(parents=True)
    codes = row.attempts.get(name, ("0",))
    tries = folder / f"{name}.tries"
    script = f'echo "told: $BATCHWRIGHT_WORKFLOW_FAILED"; echo >> {tries}; '
    if name in row.hanging or codes[-1] == "timeout":
        script += "exec sleep 60"
    else:
        script += f"set -- {' '.join(codes)}; eval exit \\${{$(($(wc -l < {tries})))}}"
    command = ["no-such-program"] if codes[-1] == "never-started" else ["sh", "-c", script]
    again = {"retries": len(codes) - 1, "retry_on": [3]}
    timeout = {"timeout_seconds": 1} if codes[-1] == "timeout" else {}
    return batch_of(declared(name, *command, manifest={**again, **timeout}))


def stop_when_started(folder: Path, row: WorkflowRow) -> None:
    while not all((folder / f"{name}.tries").exists() for name in row.hanging):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
