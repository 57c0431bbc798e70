"""Who may run all batches of a stage may run those with roles and log groups of their own names, too."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError, Existing, FargateBatch, Platform
from tests.kit.iam import allowed
from tests.library.support import app, batch, platform, policy_statements, stack, templates

THEIRS = "arn:aws:iam::111111111111:role/legacy"
LOGS = "arn:aws:logs:ap-northeast-1:111111111111:log-group"
TO_ECS = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
OWN = "arn:aws:iam::111111111111:role/batches/staging/batches-staging-report"


def existing(scope: Construct, name: str = "report") -> Existing:
    return Existing(
        task_role=iam.Role.from_role_arn(scope, f"{name}-task", f"{THEIRS}/{name}-task"),
        execution_role=iam.Role.from_role_arn(scope, f"{name}-exec", f"{THEIRS}/exec"),
        log_group=logs.LogGroup.from_log_group_name(scope, f"{name}-log", f"/legacy/{name}"),
    )


def role(scope: Construct, id: str = "Caller") -> iam.Role:
    return iam.Role(scope, id, assumed_by=iam.AccountRootPrincipal())


def may_run(statements: list[dict[str, Any]], *, task: str, execution: str, log: str) -> bool:
    return (
        allowed(statements, "iam:PassRole", task, TO_ECS)
        and allowed(statements, "iam:PassRole", execution, TO_ECS)
        and allowed(statements, "logs:GetLogEvents", f"{LOGS}:{log}:log-stream:run/main/1")
        and allowed(statements, "logs:FilterLogEvents", f"{LOGS}:{log}:log-stream:")
    )


LEGACY = {"task": f"{THEIRS}/report-task", "execution": f"{THEIRS}/exec", "log": "/legacy/report"}


def granted_first(on: Platform, caller: iam.Role, declare: Callable[[], FargateBatch]) -> None:
    on.grant_run(caller)
    declare()


def granted_last(on: Platform, caller: iam.Role, declare: Callable[[], FargateBatch]) -> None:
    declare()
    on.grant_run(caller)


def granted_operate(on: Platform, caller: iam.Role, declare: Callable[[], FargateBatch]) -> None:
    on.grant_operate(caller)
    declare()


@pytest.mark.parametrize("order", [granted_first, granted_last, granted_operate])
def test_a_batch_in_existing_roles_and_its_log(order: Callable[..., None]) -> None:
    home = app()
    first, ours = stack(home, "first"), stack(home)
    on, caller = platform(first), role(first)
    ours.add_stack_dependency(first)

    order(on, caller, lambda: batch(ours, on, existing=existing(ours)))

    statements = policy_statements(templates(home)["first"])
    assert may_run(statements, **LEGACY)
    assert may_run(statements, task=f"{OWN}-task", execution=f"{OWN}-exec", log="/batches/staging/report")
    assert not allowed(
        statements, "iam:PassRole", f"{THEIRS}/report-task", {"iam:PassedToService": "ec2.amazonaws.com"}
    )
    assert not allowed(statements, "iam:PassRole", f"{THEIRS}/another", TO_ECS)


def test_a_caller_of_one_stage_gets_nothing_of_anothers() -> None:
    home = app()
    ours = stack(home)
    here, there = platform(ours), BatchPlatform(ours, "There", stage="production", subnets=["subnet-1"])
    here.grant_run(role(ours))
    there.grant_run(role(ours, "Other"))

    batch(ours, there, existing=existing(ours))

    made = templates(home)["stack"]
    (mine,) = [one for one in policies_of(made) if "Caller" in json.dumps(one["Roles"])]
    assert "/legacy/" not in json.dumps(mine)


def policies_of(template: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a template
    return [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Policy"]


def test_what_forty_batches_share_is_named_once() -> None:
    home = app()
    ours = stack(home)
    on = platform(ours)
    on.grant_run(role(ours))
    shared = existing(ours)

    for n in range(40):
        batch(ours, on, f"task-{n}", existing=shared)

    text = json.dumps(policy_statements(templates(home)["stack"]))
    assert text.count(f"{THEIRS}/report-task") == 1


def test_batches_of_another_app_are_said_by_what_they_were_given() -> None:
    home = app()
    ours = stack(home)
    on = BatchPlatform.from_deployed(ours, "Platform", stage="staging")

    on.grant_run(role(ours), existing=existing(ours))
    on.grant_operate(role(ours, "Operator"), existing=[existing(ours, "second")])

    made = templates(home)["stack"]
    assert may_run(policy_statements(made), **LEGACY)
    second = {"task": f"{THEIRS}/second-task", "execution": f"{THEIRS}/exec", "log": "/legacy/second"}
    assert may_run(policy_statements(made), **second)


@pytest.mark.parametrize("given", ["arn:aws:iam::111111111111:role/x", ["x"]])
def test_what_they_were_given_is_an_existing(given: Any) -> None:  # noqa: ANN401 - any argument
    ours = stack(app())

    with pytest.raises(DeclarationError, match=r"^platform staging: existing: .* allowed: Existing\("):
        platform(ours).grant_run(role(ours), existing=given)


def made_in(scope: Stack, **named: str) -> Existing:
    tasks = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    return Existing(
        task_role=iam.Role(scope, "Task", assumed_by=tasks, role_name=named.get("role")),
        log_group=logs.LogGroup(scope, "Log", log_group_name=named.get("log")),
    )


@pytest.mark.parametrize("whose", ["platform", "batch"])
def test_a_role_made_beside_the_batch_makes_no_circle_of_stacks(whose: str) -> None:
    home = app()
    first, ours = stack(home, "first"), stack(home)
    on, caller = platform(first), role(first)
    ours.add_stack_dependency(first)

    made = batch(ours, on, existing=made_in(ours))
    (on if whose == "platform" else made).grant_run(caller)

    template = templates(home)["stack"]
    (task,) = [
        id for id, one in template["Resources"].items() if id.startswith("Task") and one["Type"].endswith("Role")
    ]
    passed = json.dumps([one for one in policy_statements(template) if one["Action"] == "iam:PassRole"])
    assert json.dumps({"Fn::GetAtt": [task, "Arn"]}) in passed
    # It is the caller's: of the other stack.
    assert "Fn::ImportValue" in json.dumps([one["Roles"] for one in policies_of(template)])


def test_a_role_made_with_a_name_is_named_in_the_callers_own_policy() -> None:
    home = app()
    first, ours = stack(home, "first"), stack(home)
    on, caller = platform(first), role(first)
    ours.add_stack_dependency(first)
    on.grant_run(caller)

    batch(ours, on, existing=made_in(ours, role="legacy-task", log="/legacy/report"))

    made = templates(home)
    statements = policy_statements(made["first"])
    assert allowed(statements, "iam:PassRole", "arn:aws:iam::111111111111:role/legacy-task", TO_ECS)
    assert allowed(statements, "logs:GetLogEvents", f"{LOGS}:/legacy/report:log-stream:x")
    assert not policies_of(made["stack"])
