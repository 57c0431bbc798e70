"""Who may run all batches of a stage may run those with roles and log groups of their own names, too."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError, Existing
from batchwright.arns import Place
from batchwright.iam import run_policies
from batchwright.task.sizes import LargestSize
from batchwright.testing import Template, resources
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.sizes import MEMORY
from tests.kit.iam import allowed
from tests.library.support import (
    app,
    app_and_stack,
    batch,
    logical_ids,
    of_type,
    platform,
    policy_statements,
    stack,
    stack_after,
    templates,
)

PLACE, NAMES = Place("111111111111", "ap-northeast-1"), StageNames("batches", "staging")
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


@pytest.mark.parametrize(("grant", "first"), [("grant_run", True), ("grant_run", False), ("grant_operate", True)])
def test_a_batch_in_existing_roles_and_its_log(grant: str, *, first: bool) -> None:
    home, before, ours = stack_after("first")
    on, caller = platform(before), role(before)

    if first:
        getattr(on, grant)(caller)
    batch(ours, on, existing=existing(ours))
    if not first:
        getattr(on, grant)(caller)

    statements = policy_statements(templates(home)["first"])
    assert may_run(statements, **LEGACY)
    assert may_run(statements, task=f"{OWN}-task", execution=f"{OWN}-exec", log="/batches/staging/report")
    to_ec2 = {"iam:PassedToService": "ec2.amazonaws.com"}
    assert not allowed(statements, "iam:PassRole", f"{THEIRS}/report-task", to_ec2)
    assert not allowed(statements, "iam:PassRole", f"{THEIRS}/another", TO_ECS)


ECS = "arn:aws:ecs:ap-northeast-1:111111111111"


def may_start(statements: list[dict[str, Any]], cpu: int | None, memory: int | None, batch: str = "report") -> bool:
    requested = {"ecs:task-cpu": cpu, "ecs:task-memory": memory, "ecs:cluster": f"{ECS}:cluster/batches-staging"}
    context = {key: value for key, value in requested.items() if value is not None}
    return allowed(statements, "ecs:RunTask", f"{ECS}:task-definition/batches-staging-{batch}:7", context)


BOTH: dict[str, Any] = {"max_cpu": 1024, "max_memory": 4096}


@pytest.mark.parametrize(
    ("limits", "size", "may"),
    [
        ({}, (32768, 249856), True),
        (BOTH, (None, None), True),
        (BOTH, (1024, 4096), True),
        (BOTH, (256, 512), True),
        (BOTH, (2048, 4096), False),
        (BOTH, (1024, 5120), False),
        ({"max_cpu": 1024}, (1024, 8192), True),
        ({"max_cpu": 1024}, (2048, 4096), False),
        ({"max_memory": 4096}, (2048, 4096), True),
        ({"max_memory": 4096}, (1024, 5120), False),
    ],
)
def test_which_sizes_a_start_may_ask_for(
    limits: dict[str, Any], size: tuple[int | None, int | None], *, may: bool
) -> None:
    runs = replace(run_policies.runs_of_stage(PLACE, NAMES), largest=LargestSize(**limits).condition)

    statements = run_policies.run(PLACE, NAMES, runs, cluster="batches-staging", deadlines=True)

    assert may_start(statements, *size) == may


@pytest.mark.parametrize("whose", ["batch", "stage", "some"])
def test_a_grant_may_limit_the_sizes(whose: str) -> None:
    home, ours = app_and_stack()
    on, caller = platform(ours), role(ours)
    made = batch(ours, on)

    if whose == "batch":
        made.grant_run(caller, **BOTH)
    else:
        on.grant_run(caller, batches=[made] if whose == "some" else None, **BOTH)

    statements = policy_statements(templates(home)["stack"])
    assert may_start(statements, 1024, 4096)
    assert not may_start(statements, 2048, 4096)
    assert not may_start(statements, 1024, 5120)


GRANTEES: dict[str, Callable[[Stack], Any]] = {
    "a role": role,
    "a role by its name": lambda scope: iam.Role.from_role_name(scope, "Caller", "rundeck"),
    "a role by its ARN": lambda scope: iam.Role.from_role_arn(scope, "Caller", "arn:aws:iam::111111111111:role/caller"),
    "a user": lambda scope: iam.User(scope, "Caller"),
    "a group": lambda scope: iam.Group(scope, "Caller"),
}
EACH_GRANTEE = pytest.mark.parametrize("grantee", GRANTEES.values(), ids=GRANTEES)


def all_statements(template: Template) -> list[dict[str, Any]]:
    managed = [policy["PolicyDocument"]["Statement"] for policy in resources(template, "AWS::IAM::ManagedPolicy")]
    return sum(managed, policy_statements(template))


@EACH_GRANTEE
def test_each_batch_has_its_own_limit_and_of_two_the_widest_counts(grantee: Callable[[Stack], Any]) -> None:
    home, ours = app_and_stack()
    on, whoever = platform(ours), grantee(ours)
    small, large, other = (batch(ours, on, name) for name in ("small", "large", "other"))

    on.grant_run(whoever, max_cpu=512)
    small.grant_run(whoever, max_cpu=256)
    large.grant_run(whoever, max_cpu=4096)
    other.grant_run(whoever)

    statements = all_statements(templates(home)["stack"])
    most = {name: max(cpu for cpu in MEMORY if may_start(statements, cpu, 512, name)) for name in ("small", "large")}
    assert most == {"small": 512, "large": 4096}
    assert may_start(statements, 32768, 61440, "other")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_cpu": 1000}, "max_cpu: 1000 was given; allowed: 256, 512, .*, 32768, .* nearest: 512 or 1024"),
        ({"max_cpu": "1024"}, "max_cpu: '1024' was given; allowed: 256"),
        ({"max_cpu": True}, "max_cpu: True was given"),
        ({"max_memory": 1500}, "max_memory: 1500 was given; allowed: 512, 1024, .* nearest: 1024 or 2048"),
        ({"max_memory": 2048.0}, "max_memory: 2048.0 was given"),
    ],
)
def test_a_limit_is_one_of_fargates_sizes(limits: dict[str, Any], message: str) -> None:
    ours = stack(app())
    on = platform(ours)

    with pytest.raises(DeclarationError, match=f"^platform staging: {message}"):
        on.grant_run(role(ours), **limits)
    with pytest.raises(DeclarationError, match=f"^batch report: {message}"):
        batch(ours, on).grant_run(role(ours, "Other"), **limits)


def test_a_caller_of_one_stage_gets_nothing_of_anothers() -> None:
    home, ours = app_and_stack()
    here, there = platform(ours), BatchPlatform(ours, "There", stage="production", subnets=["subnet-1"])
    here.grant_run(role(ours))
    there.grant_run(role(ours, "Other"))

    batch(ours, there, existing=existing(ours))

    policies = resources(templates(home)["stack"], "AWS::IAM::Policy")
    (mine,) = [policy for policy in policies if "Caller" in json.dumps(policy["Roles"])]
    assert "/legacy/" not in json.dumps(mine)


def test_what_several_batches_share_is_named_once() -> None:
    home, ours = app_and_stack()
    on = platform(ours)
    on.grant_run(role(ours))
    shared = replace(existing(ours), execution_role=None)

    for n in range(3):
        batch(ours, on, f"task-{n}", existing=shared)

    text = json.dumps(policy_statements(templates(home)["stack"]))
    assert text.count(f"{THEIRS}/report-task") == 1


def test_batches_of_another_app_are_said_by_what_they_were_given() -> None:
    home, ours = app_and_stack()
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
    home, first, ours = stack_after("first")
    on, caller = platform(first), role(first)

    made = batch(ours, on, existing=made_in(ours))
    (on if whose == "platform" else made).grant_run(caller)

    template = templates(home)["stack"]
    (task,) = [id for id in logical_ids(template, "AWS::IAM::Role") if id.startswith("Task")]
    granted = policy_statements(template)
    passed = json.dumps([statement for statement in granted if statement["Action"] == "iam:PassRole"])
    assert json.dumps({"Fn::GetAtt": [task, "Arn"]}) in passed
    # It is the caller's: of the other stack.
    assert "Fn::ImportValue" in json.dumps([policy["Roles"] for policy in resources(template, "AWS::IAM::Policy")])


def test_a_role_made_with_a_name_is_named_in_the_callers_own_policy() -> None:
    home, first, ours = stack_after("first")
    on, caller = platform(first), role(first)
    on.grant_run(caller)

    batch(ours, on, existing=made_in(ours, role="legacy-task", log="/legacy/report"))

    made = templates(home)
    statements = policy_statements(made["first"])
    assert allowed(statements, "iam:PassRole", "arn:aws:iam::111111111111:role/legacy-task", TO_ECS)
    assert allowed(statements, "logs:GetLogEvents", f"{LOGS}:/legacy/report:log-stream:x")
    assert not of_type(made["stack"], "AWS::IAM::Policy")


def test_a_caller_of_one_batch_meets_its_existing_roles_whichever_is_said_first() -> None:
    home, ours = app_and_stack()
    on, caller = platform(ours), role(ours)

    on.grant_run(caller, batches=["report"])
    batch(ours, on, existing=existing(ours))
    batch(ours, on, "other", existing=existing(ours, "other"))

    statements = policy_statements(templates(home)["stack"])
    assert may_run(statements, **LEGACY)
    assert not allowed(statements, "iam:PassRole", f"{THEIRS}/other-task", TO_ECS)


@EACH_GRANTEE
def test_many_batches_are_one_set_of_statements_that_iam_takes(grantee: Callable[[Stack], Any]) -> None:
    home, ours = app_and_stack()
    on, to = platform(ours), grantee(ours)
    made = batch(ours, on, "some-batch-0")

    made.grant_run(to)
    on.grant_run(to, batches=[made, *(f"some-batch-{n}" for n in range(1, 12))])
    for n in range(12, 24):
        on.grant_run(to, batches=[f"some-batch-{n}"])

    statements = all_statements(templates(home)["stack"])  # its end checks the sizes
    names = "batches-staging-some-batch"
    for n in (0, 11, 23):
        log = f"/batches/staging/some-batch-{n}"
        own = f"arn:aws:iam::111111111111:role/batches/staging/{names}-{n}"
        assert may_run(statements, task=f"{own}-task", execution=f"{own}-exec", log=log)
        in_cluster = {"ecs:cluster": f"{ECS}:cluster/batches-staging"}
        assert allowed(statements, "ecs:RunTask", f"{ECS}:task-definition/{names}-{n}:1", in_cluster)
        named = {"project": "batches", "stage": "staging", "batch": f"some-batch-{n}"}
        tags = {f"aws:ResourceTag/batchwright:{key}": value for key, value in named.items()}
        assert allowed(statements, "ecs:StopTask", f"{ECS}:task/batches-staging/1", {**in_cluster, **tags})
    another = "arn:aws:iam::111111111111:role/batches/staging/batches-staging-some-batch-24-task"
    assert not allowed(statements, "iam:PassRole", another, TO_ECS)


def test_what_is_granted_twice_is_said_once() -> None:
    home, ours = app_and_stack()
    on, caller = platform(ours), role(ours)
    made = batch(ours, on)

    for _ in range(3):
        made.grant_run(caller)
        on.grant_run(caller, batches=[made, "report"])

    once = app()
    again = stack(once)
    batch(again, platform(again)).grant_run(role(again))
    assert policy_statements(templates(home)["stack"]) == policy_statements(templates(once)["stack"])


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([], "platform staging: batches: [] was given; allowed: a list of batches, or of their names"),
        ("report", "platform staging: batches: 'report' was given; allowed: a list"),
        ([3], "platform staging: batches: 3 was given; allowed: batches, or their names"),
        (["Report"], "batch Report: name: 'Report' was given; allowed:"),
    ],
)
def test_which_batches_is_a_list(batches: Any, message: str) -> None:  # noqa: ANN401 - any argument
    ours = stack(app())

    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        platform(ours).grant_run(role(ours), batches=batches)


def test_a_batch_of_another_stage_is_refused() -> None:
    ours = stack(app())
    there = batch(ours, BatchPlatform(ours, "There", stage="production", subnets=["subnet-1"]))

    with pytest.raises(DeclarationError, match=r"^platform staging: batches: report is a batch of stage production"):
        platform(ours).grant_run(role(ours), batches=[there])
