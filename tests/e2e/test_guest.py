"""A batch in another team's application: a CDK stage with a qualifier, a boundary, tags, and what was there before.

It takes 60 parameters and 40 secrets, and the stage has alerts. Each step goes on where the one before it ended.
"""

import json
from dataclasses import replace

import pytest

from batchwright.testing import resources
from tests.e2e.account import Account
from tests.e2e.conftest import Machine, copied_project
from tests.e2e.console import Console
from tests.e2e.places import DEPLOY, QUIET, REGISTRY

TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}'
)
BOUNDARY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@pytest.fixture(scope="module")
def guest(console: Console, machine: Machine) -> Console:
    """The application's folder."""
    project = copied_project(machine.folder / "guest", "tests/e2e/guest")
    return replace(console, folder=project.folder, environment={**console.environment, "BATCHWRIGHT_PROJECT": "guest"})


@pytest.fixture(scope="module")
def key(account: Account) -> str:
    """What was there before. The ARN of its key."""
    iam = account.client("iam")
    iam.create_role(RoleName="house-task", Path="/house/", AssumeRolePolicyDocument=TRUST)
    iam.create_policy(PolicyName="house-boundary", PolicyDocument=BOUNDARY)
    account.client("ecs").create_cluster(clusterName="house")
    account.client("ecr").create_repository(repositoryName="house/numbers")
    arn: str = account.client("kms").create_key(Description="Secrets of the house")["KeyMetadata"]["Arn"]
    return arn


def test_it_is_deployed_with_the_applications_own_bootstrap(guest: Console, key: str, account: Account) -> None:
    guest.run("cdk", "bootstrap", "-c", f"key={key}", "--qualifier=house", "--toolkit-stack-name=HouseToolkit", *QUIET)
    guest.run(*DEPLOY, "-c", f"key={key}", "House/*")

    deployed = {role["RoleName"] for role in account.client("iam").list_roles()["Roles"]}
    # The emulator keeps no boundaries: the templates have them.
    templates = [json.loads(path.read_text()) for path in guest.folder.glob("cdk.out/*/*.template.json")]
    roles = [role for template in templates for role in resources(template, "AWS::IAM::Role")]
    assert {role["RoleName"] for role in roles} <= deployed
    assert {"guest-staging-numbers-exec", "guest-staging-alerts-function"} <= {role["RoleName"] for role in roles}
    assert all("house-boundary" in json.dumps(role["PermissionsBoundary"]) for role in roles)


def test_it_runs_with_all_its_values(guest: Console, key: str, account: Account) -> None:
    for n in range(40):
        path = f"/guest/staging/numbers/SECRET_{n:02}"
        account.client("ssm").put_parameter(Name=path, Value=f"kept {n}", Type="SecureString", KeyId=key)
    image = f"{REGISTRY}/house/numbers:stage-staging"
    guest.run("docker", "build", "--quiet", "--tag", image, "batches/numbers")
    guest.run("docker", "push", "--quiet", image)

    assert guest.run("batchwright", "run", "numbers", "-s", "staging").lines == ["60 settings", "40 secrets"]


def test_its_task_has_the_applications_tags_and_the_owners(account: Account) -> None:
    ecs = account.client("ecs")
    (task,) = ecs.list_tasks(cluster="house", desiredStatus="STOPPED")["taskArns"]
    (described,) = ecs.describe_tasks(cluster="house", tasks=[task], include=["TAGS"])["tasks"]
    tags = {tag["key"]: tag["value"] for tag in described["tags"]}

    assert (tags["cost-centre"], tags["batchwright:owner"], tags["batchwright:batch"]) == ("4711", "house", "numbers")
