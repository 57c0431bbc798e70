"""Which stack of one assembly is held against which of the other: names, places, and stacks in stacks."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from batchwright_runner.workbench.diff.changes import Change, FailOn, Topic
from batchwright_runner.workbench.diff.read import Assembly, read_two
from tests.runner.workbench.diff.support import batch_file, batches, changes, put, template
from tests.runner.workbench.diff.support import stack as stack_of

SHUT = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x"}}
OPEN = {
    **SHUT,
    "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [{"CidrIp": "::/0", "IpProtocol": "-1"}]},
}
TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}}
KEPT = {**TABLE, "DeletionPolicy": "Retain"}
INNER = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "u"}, "Metadata": {"aws:asset:path": "t"}}
ONE, OTHER = "aws://111111111111/eu-west-1", "aws://222222222222/eu-west-1"
FAR = "aws://111111111111/us-east-1"

Stacks = list[tuple[str, str, dict[str, Any]]]
"""Environment, name and resources of each."""


def compared(before: Stacks, after: Stacks, folder: Path, inner: dict[str, Any] | None = None) -> list[Change]:
    for name, stacks in (("before", before), ("after", after)):
        (folder / name).mkdir()
        artifacts = {}
        for at, (environment, stack, resources) in enumerate(stacks):
            (folder / name / f"{at}.json").write_text(json.dumps({"Resources": resources}))
            properties = {"templateFile": f"{at}.json", "stackName": stack}
            artifacts[f"A{at}"] = {
                "type": "aws:cloudformation:stack",
                "environment": environment,
                "properties": properties,
            }
        (folder / name / "t").write_text(json.dumps({"Resources": inner or {}}))
        (folder / name / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts}))
    return changes(*read_two(folder / "before", folder / "after"))


@pytest.mark.parametrize(("place", "name"), [(OTHER, "222222222222 eu-west-1"), (FAR, "111111111111 us-east-1")])
def test_stacks_of_one_name_are_each_held_against_that_of_its_place(place: str, name: str, tmp_path: Path) -> None:
    before = [(ONE, "network", {"Group": SHUT}), (place, "network", {"Group": SHUT})]
    after = [(ONE, "network", {"Group": SHUT}), (place, "network", {"Group": OPEN})]

    (found,) = compared(before, after, tmp_path)

    assert (found.about.name, found.text) == (f"network ({name})", "Group: now lets everything in from anywhere (::/0)")


def test_a_stack_that_comes_to_another_place_too_and_one_that_goes_there(tmp_path: Path) -> None:
    single, both = (
        [(ONE, "network", {"Group": SHUT})],
        [(ONE, "network", {"Group": SHUT}), (FAR, "network", {"T": TABLE})],
    )
    (tmp_path / "came").mkdir()
    (tmp_path / "went").mkdir()

    (came,), (went,) = compared(single, both, tmp_path / "came"), compared(both, single, tmp_path / "went")

    assert came.text == "new stack network (111111111111 us-east-1): makes DynamoDB::Table"
    assert went.text.startswith("stack network (111111111111 us-east-1) is no longer in the app")
    assert went.commands == ("aws cloudformation delete-stack --stack-name network --region us-east-1",)


def test_of_two_stacks_of_one_name_none_is_the_one_that_comes_elsewhere(tmp_path: Path) -> None:
    before = [(ONE, "network", {"Group": SHUT}), (FAR, "network", {"Group": SHUT})]

    found = compared(before, [(OTHER, "network", {"Group": SHUT})], tmp_path)

    assert sorted(change.text.split(" (")[0] for change in found) == ["new stack network", *["stack network"] * 2]


def test_a_stack_that_is_deployed_elsewhere_is_the_one_that_was_there(tmp_path: Path) -> None:
    (found,) = compared([(ONE, "network", {"Group": SHUT})], [(OTHER, "network", {"Group": SHUT})], tmp_path)

    assert found.kind is Topic.REPLACED
    assert found.about.name == "network"
    assert found.text.startswith("is deployed in 222222222222 eu-west-1 instead of 111111111111 eu-west-1")


def test_the_deployment_of_a_stack_deletes_what_was_in_a_stack_in_it(tmp_path: Path) -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    before, after = [(ONE, "data", {"Topic": topic, "Inner": INNER})], [(ONE, "data", {"Topic": topic})]

    found = compared(before, after, tmp_path, {"Orders": TABLE, "Kept": KEPT})

    assert [(change.about.name, change.text, change.commands) for change in found] == [
        ("data", "deletes CloudFormation::Stack Inner", ()),
        ("data/Inner", "deletes DynamoDB::Table Orders", ()),
        (
            "data/Inner",
            "no longer makes DynamoDB::Table Kept, which stays with what it holds, and is no longer managed",
            (),
        ),
    ]


def test_a_stack_in_a_stack_stays_and_goes_with_that(tmp_path: Path) -> None:
    (found,) = compared([(ONE, "data", {"Inner": INNER})], [], tmp_path, {"Orders": TABLE})

    assert found.text == "stack data is no longer in the app, and stays deployed until it is deleted"
    assert found.commands == ("aws cloudformation delete-stack --stack-name data",)


def moved(stack: str, name: str = "report") -> Assembly:
    """One batch, in a stack of a name, and two stacks beside it."""
    templates: dict[str, dict[str, Any]] = {name: {"Resources": {f"In{name}": TABLE}} for name in ("one", "two")}
    templates.setdefault(stack, {"Resources": {}})["Resources"].update(template(name=name)["Resources"])
    stacks = [stack_of(raw, name) for name, raw in templates.items()]
    return Assembly(batches=batches(batch_file(name=name)), stacks={stack.key: stack for stack in stacks})


def test_a_batch_that_another_stack_makes_is_not_made_of_new_permissions() -> None:
    (found,) = changes(moved("one"), moved("two"))

    assert (found.about.name, found.kind, *found.gates) == ("report", Topic.REPLACED, FailOn.REPLACED)
    assert found.text.startswith("the stack two makes it instead of one, which has to let go of it first")


def test_the_stack_that_a_batch_has_left_alone_stays_deployed() -> None:
    found = changes(moved("report"), moved("one"))

    assert [change.text for change in found if change.kind is Topic.REMOVED and change.commands] == [
        "stack report is no longer in the app, and stays deployed until it is deleted"
    ]


def test_a_batch_of_another_project_leaves_its_stack_deployed() -> None:
    before, after = moved("batches-staging-report"), moved("other-staging-report")
    put(cast("dict[str, Any]", after.batches["staging", "report"].raw), "task/family", "other-staging-report")

    found = changes(before, after)

    assert [change.text for change in found if change.kind in (Topic.REPLACED, Topic.REMOVED)] == [
        "the stack other-staging-report makes it instead of batches-staging-report",
        "stack batches-staging-report is no longer in the app, and stays deployed until it is deleted",
    ]
