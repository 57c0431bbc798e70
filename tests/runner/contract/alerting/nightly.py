"""A workflow, and how its executions end."""

import json

from batchwright_runner.contract.alerting.events import ExecutionEnded
from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from tests.runner.contract.alerting.support import NOW, machine_of

NIGHTLY = WorkflowManifest.from_dict(
    {
        "schema": 1,
        "kind": "workflow",
        "project": "batches",
        "stage": "production",
        "name": "nightly",
        "owner": "finance",
        "runbook": "https://wiki/nightly",
        "machine": machine_of("nightly"),
        "steps": [
            "extract",
            {"parallel": [["load", "check"], [{"step": "coupons", "on_failure": "ignore"}]]},
            "report",
        ],
    }
)

RUN = execution_arn(NIGHTLY.machine, "rundeck-1")

EXIT = "Batchwright.Exit3"


def whole(status: str = "FAILED", error: str = EXIT, step: str = "load", **ends: str) -> ExecutionEnded:
    """The end of the run: the ends of its steps by their names, a success as an empty text."""
    summary = {"workflow": "nightly", "why": f"step {step}: {error}", "step": step} if step else {"why": "it gave way"}
    shown = [{"step": name, "status": "failed" if end else "succeeded", "error": end} for name, end in ends.items()]
    cause = json.dumps({**summary, "ends": shown} if step else summary)
    execution = Execution(arn=RUN, status=status, started=NOW - 60, stopped=NOW, error=error, cause=cause)
    return ExecutionEnded("nightly", execution)


ALL = {"extract": "", "load": "", "check": "", "coupons": "", "report": EXIT}
