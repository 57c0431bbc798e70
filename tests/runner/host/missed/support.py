"""Rights and a workflow for looks at missed runs."""

from typing import Any

from batchwright.iam import run_policies
from tests.kit.grants import NAMES, PLACE, RUNS, running
from tests.stories.machine_runs import MACHINE


def granted(*, records: bool) -> list[dict[str, Any]]:
    statements = [*running(deadlines=True), *run_policies.machine_runs(RUNS), run_policies.read_history(PLACE, NAMES)]
    return [*statements, *(run_policies.read_records(PLACE, NAMES) if records else [])]


NIGHTLY = {
    "schema": 1,
    "kind": "workflow",
    "project": "batches",
    "stage": "staging",
    "name": "nightly",
    "owner": "sre",
    "machine": MACHINE.replace("daily-report", "nightly"),
    "steps": ["daily-report"],
}
