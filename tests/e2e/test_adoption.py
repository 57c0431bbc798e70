"""A house that brings its own: three roles, two log groups, a key, secrets, a repository, ids of its network.

The story of `test_journey`, for what was there before. Each step goes on where the one before it ended.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.account import Account
from tests.e2e.conftest import Machine, copied_project
from tests.e2e.console import Console
from tests.e2e.judge import judged
from tests.e2e.places import ACCOUNT, DEPLOY, QUIET, REGION, REGISTRY
from tests.e2e.sources import Project
from tests.kit.iam import allowed

ROLES = ("legacy-close", "legacy-exec", "legacy-statement")
LOGS = ("/legacy/close", "/legacy/statement")
PASSED = {
    f"adoption-staging-{name}": [f"arn:aws:iam::{ACCOUNT}:role/legacy/legacy-{kind}" for kind in (name, "exec")]
    for name in ("close", "statement")
}
LINES = ["database db.legacy.example.com", "password of 12 characters"]
SSM = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"


@pytest.fixture(scope="module")
def house(machine: Machine) -> Project:
    """A copy of the house's project."""
    return copied_project(machine.folder / "adoption", "tests/e2e/adoption")


@pytest.fixture(scope="module")
def adopter(console: Console, house: Project) -> Console:
    """The house's folder."""
    return replace(console, folder=house.folder, environment={**console.environment, "BATCHWRIGHT_PROJECT": "adoption"})


@pytest.fixture(scope="module")
def key(account: Account) -> str:
    """The house: all that was there before. The ARN of its key."""
    iam, ssm, logs = account.client("iam"), account.client("ssm"), account.client("logs")
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    trust += '"Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}'
    for role in ROLES:
        iam.create_role(RoleName=role, Path="/legacy/", AssumeRolePolicyDocument=trust)
    for group in LOGS:
        logs.create_log_group(logGroupName=group)
    arn: str = account.client("kms").create_key(Description="Secrets of the house")["KeyMetadata"]["Arn"]
    account.client("ecr").create_repository(repositoryName="legacy/tools")
    ids = {"network/vpc": "vpc-0a1b2c3d4e5f60718", "network/subnets": "subnet-0a1b2c3d4e5f60711", "key": arn}
    for name, value in {**ids, "database/HOST": "db.legacy.example.com"}.items():
        ssm.put_parameter(Name=f"/legacy/{name}", Value=value, Type="String")
    ssm.put_parameter(Name="/legacy/database/PASSWORD", Value="twelve chars", Type="SecureString", KeyId=arn)
    return arn


def statements_of(account: Account, role: str) -> list[dict[str, Any]]:
    """All statements of a role's policies, whether they are in the role or attached to it."""
    iam = account.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        policy = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)
        documents.append(policy["PolicyVersion"]["Document"])
    return [statement for document in documents for statement in document["Statement"]]


def test_it_is_deployed_around_what_is_there(adopter: Console, key: str, account: Account) -> None:
    adopter.run("cdk", "bootstrap", *QUIET)
    before = account.inventory()
    adopter.run(*DEPLOY, "--all")

    resources = account.inventory() - before
    kinds = ("ecr: ", "kms: ", "logs: ")
    assert {name for name in resources if name.startswith(kinds)} == {"logs: /adoption/staging/platform/runs"}
    assert {name for name in resources if name.startswith("iam: ") and "adoption" in name} == {
        "iam: adoption-caller",
        "iam: adoption-staging-close-stop",
        "iam: adoption-staging-statement-stop",
    }
    assert key not in resources


def test_the_houses_image_is_pushed_into_its_repository_and_released(adopter: Console, house: Project) -> None:
    tag = house.commit("the tools")

    pushed = adopter.run("batchwright", "image", "push", "tools", "batches/legacy")
    adopter.run("batchwright", "release", "tools", "-s", "staging")

    assert pushed.lines == [f"{REGISTRY}/legacy/tools:{tag}"]


def test_both_run_with_the_houses_parameter_and_secret(adopter: Console) -> None:
    for batch in ("close", "statement"):
        assert adopter.run("batchwright", "run", batch, "-s", "staging").lines == LINES


def test_the_log_is_in_the_houses_group(adopter: Console, account: Account) -> None:
    assert adopter.run("batchwright", "logs", "close", "-s", "staging").lines[-1].endswith(LINES[-1])
    events = account.client("logs").filter_log_events(logGroupName="/legacy/close")["events"]
    assert [event["message"] for event in events] == LINES


def test_the_houses_execution_role_may_do_what_a_start_needs(account: Account, key: str) -> None:
    statements = statements_of(account, "legacy-exec")
    secret = f"{SSM}/legacy/database/PASSWORD"
    via = {"kms:ViaService": f"ssm.{REGION}.amazonaws.com", "kms:EncryptionContext:PARAMETER_ARN": secret}

    assert allowed(statements, "ssm:GetParameters", secret)
    assert allowed(statements, "ssm:GetParameters", f"{SSM}/legacy/database/HOST")
    assert allowed(statements, "kms:Decrypt", key, via)
    assert not allowed(statements, "kms:Decrypt", key)
    assert allowed(statements, "ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/legacy/tools")
    for group in LOGS:
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:run/main/x"
        assert allowed(statements, "logs:PutLogEvents", stream)
    assert not allowed(statements, "ssm:GetParameters", f"{SSM}/legacy/other")


@pytest.fixture
def caller(adopter: Console, account: Account, emulator: str) -> Iterator[Console]:
    """Someone who has the rights of ``grant_run`` of one batch, by a role that the app made, and no others."""
    arn = account.client("iam").get_role(RoleName="adoption-caller")["Role"]["Arn"]
    given = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="someone")["Credentials"]
    statements = statements_of(account, "adoption-caller")
    with judged(emulator, statements, PASSED, account=ACCOUNT, region=REGION) as (address, judge):
        changes = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }
        yield replace(adopter, environment={**adopter.environment, **changes})
        assert "RunTask" in [*judge.passed, *judge.refused], "nothing came to the judge"


def test_someone_with_grant_run_alone_runs_the_batch(caller: Console) -> None:
    assert caller.run("batchwright", "run", "statement", "-s", "staging").lines == LINES
    assert caller.run("batchwright", "logs", "statement", "-s", "staging").lines
    caller.run("batchwright", "runs", "statement", "-s", "staging")


def test_someone_with_grant_run_of_one_batch_runs_no_other(caller: Console) -> None:
    denied = caller.run("batchwright", "run", "close", "-s", "staging", code=125)

    assert "is not authorized to perform: ssm:GetParameter" in denied.err
    assert caller.run("batchwright", "run", "statement", "-s", "staging").lines == LINES


def test_when_all_is_destroyed_the_house_is_as_it_was(adopter: Console, account: Account, key: str) -> None:
    adopter.run("cdk", "destroy", "--all", "--force", *QUIET)

    left = account.inventory()
    theirs = {*(f"iam: {name}" for name in ROLES), *(f"logs: {name}" for name in LOGS), "ecr: legacy/tools"}
    theirs |= {f"ssm: /legacy/{name}" for name in ("database/HOST", "database/PASSWORD", "key", "network/vpc")}
    assert theirs <= left
    assert f"kms: {key.rpartition('/')[2]}" in left
    assert [statements_of(account, role) for role in ROLES] == [[], [], []]
    assert [name for name in left if "adoption-staging" in name and not name.startswith("ecs: ")] == []
