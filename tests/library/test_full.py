"""A full declaration: everyone's rules take it, IAM's and ECS's limits hold, and its ids say what a thing is."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from batchwright import BatchApp, BatchPlatform, FargateBatch
from batchwright.iam import policies, sizes
from batchwright.iam.policies import Statement, several
from batchwright.task.limits import TASK_DEFINITION
from batchwright.testing import Template, resources
from tests.library.batch_app.broken import CONTEXT
from tests.library.full import LISTS, STRICT, full_app
from tests.library.linted import faults
from tests.library.policy_linter import ACCEPTED, findings, statements
from tests.library.support import CDK_WITH_RULES

RULES = True


@pytest.fixture(scope="module")
def stacks() -> dict[str, Template]:
    """The templates, which the CDK's own rules have taken: the synthesis would have failed."""
    return {stack.stack_name: stack.template for stack in full_app(strict=True).synth().stacks}


def documents(data: object) -> Iterator[list[Statement]]:
    """The statements of each policy document of a template."""
    if isinstance(data, Mapping):
        if isinstance(data.get("Statement"), list):
            yield data["Statement"]
        for value in data.values():
            yield from documents(value)
    elif isinstance(data, list):
        for value in data:
            yield from documents(value)


def test_cfn_lint_has_no_fault(stacks: Mapping[str, Template]) -> None:
    assert {name: found for name, template in stacks.items() if (found := faults(template))} == {}


def test_no_policy_has_an_id_twice(stacks: Mapping[str, Template]) -> None:
    policies = documents(dict(stacks))
    ids = [Counter(statement["Sid"] for statement in policy if "Sid" in statement) for policy in policies]

    assert [counts for counts in ids if counts and max(counts.values()) > 1] == []
    assert any("ReadParameters2" in counts for counts in ids)


def test_the_policy_linter_finds_no_more_than_in_the_samples(stacks: Mapping[str, Template]) -> None:
    accepted = {finding[:2] for finding in ACCEPTED}
    messages = [
        f"{path}: {finding}"
        for path, statement in statements(dict(stacks))
        for finding in findings(statement)
        if not {(finding, action) for action in several(statement["Action"])} <= accepted
    ]

    assert messages == []


def test_the_limits_of_ecs_iam_and_cloudformation_hold(stacks: Mapping[str, Template]) -> None:
    for template in stacks.values():
        assert len(json.dumps(template)) < 1_000_000
        assert len(template["Resources"]) <= 500
        for task in resources(template, "AWS::ECS::TaskDefinition"):
            assert len(json.dumps(task)) <= TASK_DEFINITION
    batches = stacks["batches"]
    managed = resources(batches, "AWS::IAM::ManagedPolicy")
    assert managed
    assert all(sizes.documents([policy["PolicyDocument"]]) <= sizes.MANAGED for policy in managed)
    for role in resources(batches, "AWS::IAM::Role"):
        own = [policy["PolicyDocument"] for policy in role.get("Policies", ())]
        assert sizes.documents(own) <= sizes.INLINE["role"]


def test_the_largest_batch_has_all_its_values(stacks: Mapping[str, Template]) -> None:
    tasks = {task["Family"]: task for task in resources(stacks["batches"], "AWS::ECS::TaskDefinition")}

    for name in ("report", "adopted", "large"):
        (main,) = [
            container
            for container in tasks[f"batches-staging-{name}"]["ContainerDefinitions"]
            if container["Name"] == "main"
        ]
        assert len({secret["Name"] for secret in main["Secrets"]}) == 100


def edited(edit: Callable[[list[Any]], list[Any]]) -> dict[str, Template]:
    """The templates after an edit of each list."""
    app = full_app({name: edit(value) for name, value in LISTS.items()})
    return {stack.stack_name: stack.template for stack in app.synth().stacks}


@pytest.fixture(scope="module")
def before() -> dict[str, Template]:
    return edited(lambda given: given)


def fixed(resource: Mapping[str, Any]) -> dict[str, Any]:
    """What of a resource makes it another one: what CloudFormation replaces it for, and whom a policy is attached to.

    Each change of a batch is a new revision of its task definition: of that it is the family alone.
    """
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped] # to import it takes a second

    known = PROVIDER_SCHEMA_MANAGER.get_resource_schema("ap-northeast-1", resource["Type"]).schema
    names = [path.split("/")[2] for path in known.get("createOnlyProperties", [])]
    if resource["Type"] == "AWS::ECS::TaskDefinition":
        names = ["Family"]
    return {name: resource.get("Properties", {}).get(name) for name in [*names, "Roles", "Users"]}


@pytest.mark.parametrize(
    "edit", [lambda given: given[1:], lambda given: given[::-1]], ids=["the first left out", "turned round"]
)
def test_an_edit_of_a_list_replaces_and_renames_nothing_else(
    before: Mapping[str, Template], edit: Callable[[list[Any]], list[Any]]
) -> None:
    after = edited(edit)

    replaced, renamed = [], []
    for name, template in after.items():
        was, now = before[name]["Resources"], template["Resources"]
        replaced += [id for id in now if id in was and fixed(was[id]) != fixed(now[id])]
        gone = {json.dumps(was[id], sort_keys=True): id for id in was if id not in now}
        renamed += [
            (gone[text], id) for id in now if id not in was and (text := json.dumps(now[id], sort_keys=True)) in gone
        ]
    assert (replaced, renamed) == ([], [])


class Shell(FargateBatch):
    """Greets ${NAME:-everybody}."""

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any argument
        super().__init__(
            scope,
            "shell",
            platform=platform,
            owner="sre",
            command=["sh", "-c", "echo ${HOME} $(date) ${1:-x}"],
            environment={"GREETING": "Hello ${NAME}"},
            parameters={"PATTERN": "${id}.csv"},
        )


@CDK_WITH_RULES
def test_cdks_rules_find_a_planted_fault_and_take_a_shells_variables_for_text(tmp_path: Path) -> None:
    staging = {**CONTEXT["stages"]["staging"], "shared_parameters": {"SHARED": "${x}"}}
    made = BatchApp(
        tmp_path, context={**CONTEXT, **STRICT, "stages": {"staging": staging}}, outdir=str(tmp_path), batches=[Shell]
    )
    trust = policies.trust({"Service": "ecs-tasks.amazonaws.com"})
    iam.CfnRole(Stack.of(made.batches[0]), "Planted", role_name="x" * 70, assume_role_policy_document=trust)

    with pytest.raises(RuntimeError, match="validation-report"):
        made.synth()

    report = json.loads(tmp_path.joinpath("validation-report.json").read_text(encoding="utf-8"))
    violations = [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]
    paths = {construct["constructPath"] for violation in violations for construct in violation["violatingConstructs"]}
    assert paths == {"nightly-staging-shell/Planted"}
    template = json.loads(tmp_path.joinpath("nightly-staging-shell.template.json").read_text(encoding="utf-8"))
    (task,) = resources(template, "AWS::ECS::TaskDefinition")
    assert task["ContainerDefinitions"][0]["Command"][2] == "echo ${HOME} $(date) ${1:-x}"
