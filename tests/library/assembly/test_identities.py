"""What IAM will not take of the policies of a role, user or group is an error of the synthesis."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from batchwright import DeclarationError, Existing, FargateBatch, Secret
from batchwright.iam import sizes
from tests.library.support import app, app_and_stack, batch, of_type, platform, stack, templates

EXEC = "arn:aws:iam::111111111111:role/legacy/exec"


def test_an_execution_role_with_many_secrets_has_managed_policies_beside_its_own() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours), secrets=[f"A{n:02}" for n in range(75)])

    template = templates(home)["stack"]

    (role,) = [
        one["Properties"]
        for one in of_type(template, "AWS::IAM::Role")
        if "report-exec" in one["Properties"]["RoleName"]
    ]
    inline = role["Policies"][0]["PolicyDocument"]["Statement"]
    more = [one["Properties"] for one in of_type(template, "AWS::IAM::ManagedPolicy")]
    assert sizes.size(inline) <= sizes.INLINE["role"]
    assert [sizes.size(one["PolicyDocument"]["Statement"]) <= sizes.MANAGED for one in more] == [True]
    text = str([inline, more])
    assert all(text.count(f"parameter/batches/staging/report/A{n:02}'") == 2 for n in range(75))  # read and decrypted


def test_an_existing_one_too() -> None:
    home, ours = app_and_stack()
    theirs = Existing(execution_role=iam.Role.from_role_arn(ours, "Theirs", EXEC))
    batch(ours, platform(ours), secrets=[f"A{n:02}" for n in range(75)], existing=theirs)

    template = templates(home)["stack"]

    (more,) = [one["Properties"] for one in of_type(template, "AWS::IAM::ManagedPolicy")]
    assert more["Roles"] == ["exec"]


def imported_once(scope: Stack) -> Callable[[int], Existing]:
    role = iam.Role.from_role_arn(scope, "Theirs", EXEC)
    return lambda _: Existing(execution_role=role)


def imported_each_time(scope: Stack) -> Callable[[int], Existing]:
    return lambda n: Existing(execution_role=iam.Role.from_role_arn(scope, f"Theirs{n}", EXEC))


@pytest.mark.parametrize("existing", [imported_once, imported_each_time])
def test_forty_batches_on_one_execution_role_are_refused_with_the_number(
    existing: Callable[[Stack], Callable[[int], Existing]],
) -> None:
    home = app()
    first = stack(home, "first")
    on, theirs = platform(first), existing(first)
    for n in range(40):
        batch(stack(home, f"stack{n}"), on, f"task-{n}", existing=theirs(n), secrets=["A", "B", "C"])

    message = r"role exec: its 40 inline policies have \d\d,\d{3} characters; allowed: 10,240, as IAM takes"
    with pytest.raises(DeclarationError, match=message):
        home.synth()


def large(number: int = 1) -> list[iam.PolicyStatement]:
    resources = [f"arn:aws:s3:::{'x' * 60}-{n}/*" for n in range(100 * number)]
    return [iam.PolicyStatement(actions=["s3:GetObject"], resources=resources)]


def to_task_role(made: FargateBatch) -> None:
    made.task_role.attach_inline_policy(iam.Policy(made, "Mine", statements=large(2)))


def to_execution_role(made: FargateBatch) -> None:
    iam.Policy(made, "Mine", statements=large(2), roles=[made.execution_role])


def in_managed(made: FargateBatch) -> None:
    iam.ManagedPolicy(made, "Mine", statements=large(1), roles=[made.task_role])


def eleven(made: FargateBatch) -> None:
    for n in range(11):
        statements = [iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::x/*"])]
        iam.ManagedPolicy(made, f"Mine{n}", statements=statements, roles=[made.task_role])


@pytest.mark.parametrize(
    ("attach", "message"),
    [
        (to_task_role, "role batches-staging-report-task: its inline policy has"),
        (to_execution_role, "role batches-staging-report-exec: its 2 inline policies have"),
        (in_managed, "role batches-staging-report-task: its managed policy stack/report/Mine has"),
        (eleven, "role batches-staging-report-task: it has 11 managed policies; allowed: 10"),
    ],
)
def test_a_batchs_own_roles_are_measured_with_all_that_is_attached(
    attach: Callable[[FargateBatch], None], message: str
) -> None:
    home, ours = app_and_stack()
    attach(batch(ours, platform(ours), secrets=[Secret("A")]))

    with pytest.raises(DeclarationError, match=re.escape(message)):
        home.synth()


def test_a_policy_of_another_stack_is_measured_too() -> None:
    home = app()
    ours, later = stack(home), stack(home, "later")
    made = batch(ours, platform(ours))
    for n, where in enumerate([ours, later]):
        iam.Policy(where, f"Mine{n}", statements=large(1), roles=[made.task_role])

    with pytest.raises(DeclarationError, match="role batches-staging-report-task: its 2 inline policies have"):
        home.synth()


@pytest.mark.parametrize("kind", ["user", "group"])
def test_users_and_groups_have_less(kind: str) -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours))
    identity: Any = {"user": iam.User, "group": iam.Group}[kind](ours, "Someone")
    identity.attach_inline_policy(iam.Policy(ours, "Mine", statements=large(1)))

    most = {"user": "2,048", "group": "5,120"}[kind]
    with pytest.raises(DeclarationError, match=f"{kind} stack/Someone: its inline policy has .* allowed: {most}"):
        home.synth()


def test_managed_policies_of_a_role_that_runs_nothing_are_not_counted() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours))
    names = [iam.ManagedPolicy.from_aws_managed_policy_name(f"Policy{n}") for n in range(11)]
    iam.Role(ours, "Theirs", assumed_by=iam.AccountRootPrincipal(), managed_policies=names)

    assert templates(home)["stack"]
