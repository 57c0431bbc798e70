"""The changes of a workflow: a table of changes, each with its sentence; one that comes, and one that goes."""

from pathlib import Path

import pytest

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.workflows.file import WorkflowFile, write
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.diff.changes import summary
from batchwright_runner.workbench.diff.read import Assembly, Declared, read_assembly
from tests.kit.projects import declared
from tests.runner.workbench.diff.support import Raw, Row, changes, each_of, edited, edits, rows, stack, workflow_file


def assembly(raw: Raw | None = None, *, name: str = "batches-staging-nightly") -> Assembly:
    """An assembly of a workflow, in a stack of its own."""
    if raw is None:
        return Assembly()
    record = raw["workflow"]
    properties = {"Name": f"/batches/{record['stage']}/manifests/nightly", "Value": str(record)}
    own = stack({"Resources": {"Record": {"Type": "AWS::SSM::Parameter", "Properties": properties}}}, name)
    return Assembly(workflows={(record["stage"], "nightly"): Declared.of(raw)}, stacks={own.key: own})


@each_of(rows("workflows"))
def test_each_change_has_its_sentence(row: Row) -> None:
    found = changes(assembly(workflow_file()), assembly(edited(workflow_file(), edits(row.now))))

    assert [change.text for change in found] == row.said
    assert {(change.about.kind, change.about.name) for change in found} == {("workflow", "nightly")}
    assert summary(found) == "1 changed workflow"


def test_what_did_not_change_says_nothing() -> None:
    assert changes(assembly(workflow_file()), assembly(workflow_file())) == []


def test_its_file_is_read_of_an_assembly_and_one_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    batch_file.write(tmp_path, BatchFile.from_dict(declared("extract", manifest={"stage": "staging"})))
    path = write(tmp_path, WorkflowFile.from_dict(workflow_file()))

    assert list(read_assembly(tmp_path).workflows) == [("staging", "nightly")]
    path.write_text('{"format": 99}')
    with pytest.raises(RunnerError, match=r"nightly\.json cannot be read: it has format 99"):
        read_assembly(tmp_path)


def test_a_workflow_comes() -> None:
    new = edited(workflow_file(), {"workflow/steps/0": {"step": "extract", "on_failure": "ignore"}})

    found = changes(assembly(), assembly(new))

    texts = [change.text for change in found]
    assert (texts[0], summary(found)) == ("new workflow, owner finance-systems", "1 new workflow")
    assert {*texts} >= {
        "schedule: every day at 02:30 (Asia/Tokyo): 30 2 * * *",
        "step extract: runs extract after -; if it fails, what is after it starts, and it does not count",
        "step report: runs report after check, coupons; if it fails, nothing after it starts, FORMAT=csv",
    }


def test_a_workflow_that_another_stage_has_is_new_in_this_stage() -> None:
    elsewhere = workflow_file("production")
    before, new = assembly(elsewhere, name="batches-production-nightly"), assembly(workflow_file())
    after = Assembly(workflows={**before.workflows, **new.workflows}, stacks={**before.stacks, **new.stacks})

    found = changes(before, after)

    assert (found[0].text, summary(found)) == ("new in this stage, owner finance-systems", "1 changed workflow")


def test_a_workflow_goes_with_its_stack_or_out_of_it() -> None:
    alone = changes(assembly(workflow_file()), assembly())
    unchanged = assembly(workflow_file())
    inside = changes(unchanged, Assembly(stacks={key: stack({"Resources": {}}, key.name) for key in unchanged.stacks}))

    assert [change.text for change in alone] == [
        "no longer declared: its machine stays, and rundeck starts it, until its stack is deleted",
        "stack batches-staging-nightly is no longer in the app, and stays deployed until it is deleted",
    ]
    assert alone[-1].commands == ("aws cloudformation delete-stack --stack-name batches-staging-nightly",)
    assert inside[0].text == "no longer declared: the deployment deletes its machine, and AWS ends the runs in progress"
    assert [summary(found) for found in (alone, inside)] == ["1 removed workflow"] * 2
