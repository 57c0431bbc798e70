"""What the file of a batch or a workflow says to an export."""

from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.workbench.exports.job import job_of

WORKFLOW = WorkflowManifest.from_dict(
    {
        "schema": 1,
        "kind": "workflow",
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


def test_a_workflow_is_one_job_whatever_its_steps_are() -> None:
    declared = WorkflowFile(workflow=WORKFLOW, package="batches/nightly", rundeck_uuid="0" * 32)

    workflow_job = job_of(declared)

    assert workflow_job.command("batchwright") == "batchwright run nightly -s production"
    assert (workflow_job.declared_in, workflow_job.rundeck_uuid) == ("batches/nightly/workflow.py", "0" * 32)
    assert workflow_job.started_by("rundeck")
    assert workflow_job.schedule == from_text("30 2 * * * Asia/Tokyo")
    assert [option.name for option in workflow_job.options] == ["DATE"]
