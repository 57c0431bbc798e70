"""What the file of a batch or a workflow says to an export."""

from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.workbench.exports.job import job_of, job_of_workflow
from batchwright_runner.workbench.project.batches import DeclaredBatch
from tests.kit.manifests import manifest_data
from tests.runner.workbench.exports.support import job

WORKFLOW = WorkflowRecord.from_dict(
    {
        "schema": 1,
        "project": "batches",
        "stage": "production",
        "name": "nightly",
        "owner": "finance-systems",
        "schedule": "30 2 * * * Asia/Tokyo",
        "scheduler": "rundeck",
        "options": [{"name": "DATE"}],
        "steps": ["extract", {"parallel": [["load", "check"], ["coupons"]]}, {"step": "again", "batch": "extract"}],
        "always": ["summary"],
    }
)
BATCHES = {
    name: job(name, region="ap-northeast-1", longest_seconds=seconds, stop_timeout_seconds=stop)
    for name, seconds, stop in [
        ("extract", 600, 30),
        ("load", 200, 30),
        ("check", 300, 90),
        ("coupons", 400, 30),
        ("summary", 50, 30),
    ]
}


@pytest.mark.parametrize(
    ("declared", "seconds"),
    [
        ({}, 600),
        ({"retries": 2}, 3 * 600),
        ({"retries": 2, "retry_delay_seconds": 300}, 3 * 600 + 2 * 300),
        ({"overlap": "wait", "overlap_wait_seconds": 60}, 60 + 600),
        ({"overlap": "wait", "retries": 1}, 600 + 2 * 600),
    ],
)
def test_how_long_a_run_takes_at_most(declared: dict[str, Any], seconds: int) -> None:
    manifest = BatchManifest.from_dict(manifest_data(timeout_seconds=600, **declared))
    batch = DeclaredBatch(manifest=manifest, task={}, parameters={}, package=None, source=None)

    assert job_of(batch).longest_seconds == seconds


def test_a_workflow_is_one_job_whatever_its_steps_are() -> None:
    declared = WorkflowFile(workflow=WORKFLOW, package="batches/nightly", rundeck_uuid="0" * 32)

    workflow_job = job_of_workflow(declared, BATCHES)

    assert workflow_job.command("batchwright") == "batchwright run nightly -s production"
    assert (workflow_job.declared_in, workflow_job.rundeck_uuid) == ("batches/nightly/workflow.py", "0" * 32)
    assert workflow_job.started_by("rundeck")
    assert workflow_job.schedule == CronSchedule.from_text("30 2 * * * Asia/Tokyo")
    assert workflow_job.region == "ap-northeast-1"
    assert [option.name for option in workflow_job.options] == ["DATE"]


def test_of_branches_side_by_side_the_longest_counts_and_a_stop_waits_for_the_slowest() -> None:
    workflow_job = job_of_workflow(WorkflowFile(workflow=WORKFLOW), BATCHES)
    waits = job_of_workflow(WorkflowFile(workflow=replace(WORKFLOW, overlap="wait")), BATCHES)

    assert workflow_job.longest_seconds == 600 + max(200 + 300, 400) + 600 + 50
    assert waits.longest_seconds == 2 * workflow_job.longest_seconds
    assert workflow_job.stop_timeout_seconds == 90
