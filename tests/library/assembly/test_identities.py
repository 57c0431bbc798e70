"""What IAM will not take of the policies of a role, user or group is an error of the synthesis."""

import pytest
from aws_cdk import aws_iam as iam

from batchwright import DeclarationError, Existing, Secret
from batchwright.assembly.identities import Identity, Policy
from batchwright.errors import SeveralMistakesError
from batchwright.iam import sizes
from batchwright.iam.policies import allow, document
from tests.library.support import app, app_and_stack, batch, of_type, platform, stack, templates

EXEC = "arn:aws:iam::111111111111:role/legacy/exec"


def test_an_execution_role_with_many_secrets_has_managed_policies_beside_its_own() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours), secrets=[f"A{n:02}" for n in range(75)])

    template = templates(home)["stack"]

    (role,) = [
        role["Properties"]
        for role in of_type(template, "AWS::IAM::Role")
        if "report-exec" in role["Properties"]["RoleName"]
    ]
    inline = role["Policies"][0]["PolicyDocument"]["Statement"]
    more = [policy["Properties"] for policy in of_type(template, "AWS::IAM::ManagedPolicy")]
    assert sizes.size(inline) <= sizes.INLINE["role"]
    assert [sizes.size(policy["PolicyDocument"]["Statement"]) <= sizes.MANAGED for policy in more] == [True]
    text = str([inline, more])
    assert all(text.count(f"parameter/batches/staging/report/A{n:02}'") == 2 for n in range(75))  # read and decrypted


def test_an_existing_one_too() -> None:
    home, ours = app_and_stack()
    theirs = Existing(execution_role=iam.Role.from_role_arn(ours, "Theirs", EXEC))
    batch(ours, platform(ours), secrets=[f"A{n:02}" for n in range(75)], existing=theirs)

    template = templates(home)["stack"]

    (more,) = [policy["Properties"] for policy in of_type(template, "AWS::IAM::ManagedPolicy")]
    assert more["Roles"] == ["exec"]


@pytest.mark.parametrize("each_time", [False, True])
def test_batches_that_overfill_one_execution_role_are_refused_with_the_number(each_time: bool) -> None:
    home = app()
    first = stack(home, "first")
    on, once = platform(first), iam.Role.from_role_arn(first, "Theirs", EXEC)
    for n in range(4):
        theirs = iam.Role.from_role_arn(first, f"Theirs{n}", EXEC) if each_time else once
        existing = Existing(execution_role=theirs)
        batch(stack(home, f"stack{n}"), on, f"task-{n}", existing=existing, secrets=[f"A{n:02}" for n in range(20)])

    message = r"role exec: its 4 inline policies have \d\d,\d{3} characters; allowed: 10,240, as IAM takes"
    with pytest.raises(DeclarationError, match=message):
        home.synth()


def large(number: int = 1) -> list[iam.PolicyStatement]:
    resources = [f"arn:aws:s3:::{'x' * 60}-{n}/*" for n in range(100 * number)]
    return [iam.PolicyStatement(actions=["s3:GetObject"], resources=resources)]


def policy(characters: int, path: str = "stack/Mine", *, managed: bool = False) -> Policy:
    empty = sizes.documents([document([allow(["s3:GetObject"], [""])])])
    return Policy(path, document([allow(["s3:GetObject"], ["x" * (characters - empty)])]), managed=managed)


@pytest.mark.parametrize(
    ("kind", "policies", "fault"),
    [
        ("role", [policy(10_240)], ""),
        (
            "role",
            [policy(10_241)],
            "its inline policy has 10,241 characters; allowed: 10,240, as IAM takes; largest: sta",
        ),
        ("role", [policy(9_000), policy(2_000, "b")], "its 2 inline policies have 11,000 characters; allowed: 10,240"),
        ("user", [policy(2_049)], "its inline policy has 2,049 characters; allowed: 2,048"),
        ("group", [policy(5_121)], "its inline policy has 5,121 characters; allowed: 5,120"),
        ("role", [policy(6_144, managed=True)], ""),
        ("role", [policy(6_145, managed=True)], "its managed policy stack/Mine has 6,145 characters; allowed: 6,144"),
        ("role", [policy(99, managed=True)] * 10, ""),
        ("role", [policy(99, managed=True)] * 11, "it has 11 managed policies; allowed: 10, as IAM takes"),
    ],
)
def test_what_iam_takes_of_one_identity(kind: str, policies: list[Policy], fault: str) -> None:
    messages = [str(fault) for fault in Identity(kind, "x", policies).faults(counted=True)]

    assert [message.startswith(f"{kind} x: {fault}") for message in messages] == ([True] if fault else [])


def test_a_batchs_own_roles_are_measured_with_all_that_is_attached() -> None:
    home, ours = app_and_stack()
    made = batch(ours, platform(ours), secrets=[Secret("A")])
    iam.Policy(made, "Mine", statements=large(2), roles=[made.execution_role])
    iam.ManagedPolicy(made, "Theirs", statements=large(1), roles=[made.task_role])

    with pytest.raises(SeveralMistakesError) as error:
        home.synth()

    execution, task = sorted(map(str, error.value.errors))
    assert execution.startswith("role batches-staging-report-exec: its 2 inline policies have")
    assert task.startswith("role batches-staging-report-task: its managed policy stack/report/Theirs has")


def test_a_policy_of_another_stack_is_measured_too() -> None:
    home = app()
    ours, later = stack(home), stack(home, "later")
    made = batch(ours, platform(ours))
    for n, scope in enumerate([ours, later]):
        iam.Policy(scope, f"Mine{n}", statements=large(1), roles=[made.task_role])

    with pytest.raises(DeclarationError, match="role batches-staging-report-task: its 2 inline policies have"):
        home.synth()


def test_managed_policies_of_a_role_that_runs_nothing_are_not_counted() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours))
    names = [iam.ManagedPolicy.from_aws_managed_policy_name(f"Policy{n}") for n in range(11)]
    iam.Role(ours, "Theirs", assumed_by=iam.AccountRootPrincipal(), managed_policies=names)

    assert templates(home)["stack"]
