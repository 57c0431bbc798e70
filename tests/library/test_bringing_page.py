"""docs/moving/bringing.md: what can be brought along is taken; in another form it is refused, in these words."""

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as sm
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm

from batchwright import (
    BatchImage,
    Container,
    DeclarationError,
    Existing,
    ImageRegistry,
    Parameter,
    Secret,
    Volume,
)
from batchwright.arguments import arguments_of
from batchwright.task.outside import IN_SSM
from tests.library.support import app_and_stack, arguments, batch, platform

PAGE = (Path(__file__).parents[2] / "docs/moving/bringing.md").read_text(encoding="utf-8")
STARTS = ("BatchPlatform(", "FargateBatch(", "ImageRegistry(")
CONSTANTS = {
    "CLUSTER": "arn:aws:ecs:ap-northeast-1:111111111111:cluster/theirs",
    "TOPIC": "arn:aws:sns:ap-northeast-1:111111111111:ops",
    "ROLE": "arn:aws:iam::111111111111:role/legacy/report",
    "KEY": "arn:aws:kms:ap-northeast-1:111111111111:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "SECRET": "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:prod/db-AbCdEf",
    "PROVIDER": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
}


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if line[:1] == "|"]
    return cells[2:]


def examples(cell: str) -> list[str]:
    """The calls in a cell."""
    return [code for code in re.findall(r"`([^`]+)`", cell) if code.startswith(STARTS)]


ACCEPTED = [example for row in rows(PAGE) for example in examples(row[1])]
REFUSALS = [
    ('BatchPlatform(cluster="theirs")', "a cluster, such as Cluster.from_cluster_arn(…)"),
    ("BatchPlatform(cluster=CLUSTER)", "a cluster, such as Cluster.from_cluster_arn(…)"),
    ('BatchPlatform(cluster="ssm:/ecs/cluster")', f"Cluster.from_cluster_arn(…) of {IN_SSM}"),
    ("BatchPlatform(key=KEY)", "a key, such as Key.from_key_arn(…) or Alias.from_alias_name(…)"),
    ('BatchPlatform(key="alias/theirs")', "a key, such as Key.from_key_arn(…) or Alias.from_alias_name(…)"),
    ('BatchPlatform(key="ssm:/kms/key")', f"Alias.from_alias_name(…) of {IN_SSM}"),
    ('BatchPlatform(scheduler="aws", alarm_topic=TOPIC)', "a topic, such as Topic.from_topic_arn(…)"),
    ('BatchPlatform(vpc_id="ssm:/network/vpc")', IN_SSM),
    ('BatchPlatform(subnets="ssm:/network/subnets")', IN_SSM),
    ('BatchPlatform(subnets=["ssm:/network/subnet"])', IN_SSM),
    ('BatchPlatform(security_groups=["ssm:/network/group"])', IN_SSM),
    ('FargateBatch(existing=Existing(security_groups=["ssm:/network/group"]))', IN_SSM),
    ('FargateBatch(container=Container(volumes={"/exports": Volume.efs("ssm:/exports")}))', IN_SSM),
    ('BatchPlatform(vpc_id="subnet-0123456789abcdef0")', "ids such as vpc-0"),
    ('BatchPlatform(subnets="subnet-0123456789abcdef0")', "a list of ids"),
    ('FargateBatch(existing=Existing(security_groups="sg-0123456789abcdef0"))', "a list of ids"),
    ('BatchPlatform(subnets=[f"subnet-{n}" for n in range(17)])', "17 subnets were given; allowed: 16"),
    (
        'FargateBatch(existing=Existing(security_groups=[f"sg-{n}" for n in range(6)]))',
        "6 groups were given; allowed: 5",
    ),
    (
        'FargateBatch(existing=Existing(task_role="arn:aws:iam::111111111111:role/report"))',
        "a role, such as Role.from_role_arn",
    ),
    (
        'FargateBatch(existing=Existing(execution_role="arn:aws:iam::111111111111:role/report"))',
        "a role, such as Role.from_role_arn",
    ),
    (
        'FargateBatch(existing=Existing(machine_role="arn:aws:iam::111111111111:role/report"))',
        "a role, such as Role.from_role_arn",
    ),
    (
        'FargateBatch(existing=Existing(log_group="/legacy/report"))',
        "a log group, such as LogGroup.from_log_group_name",
    ),
    ('BatchPlatform(repositories={"report": "ghcr.io/acme/report"})', "the name of an ECR repository"),
    ('FargateBatch(image=BatchImage.from_uri("tools/report"))', "repository:tag, or repository@digest"),
    ('FargateBatch(parameters={"DB_HOST": Parameter.existing("HOST")})', "a parameter's full name"),
    ('FargateBatch(secrets=[Secret.existing("TOKEN", "TOKEN")])', "a parameter's full name"),
    (
        'FargateBatch(secrets=[Secret.secrets_manager("PASSWORD", "prod/db")])',
        "a secret, such as Secret.from_secret_name_v2",
    ),
    (
        'FargateBatch(container=Container(volumes={"/exports": Volume.efs("exports")}))',
        "a file system, an id such as fs-0",
    ),
    (
        'FargateBatch(container=Container(volumes={"exports": Volume.efs("fs-0123456789abcdef0")}))',
        "names like work-files to absolute paths, or absolute paths to Volume.efs",
    ),
    ('ImageRegistry(oidc_providers=["github"])', "arn:aws:iam::ACCOUNT:oidc-provider/ISSUER"),
    ('ImageRegistry(release_roles=["arn:aws:iam::222222222222:role/*"])', "ARNs of roles, without wildcards"),
]


def declare(text: str) -> None:
    """Declares what an example says, with the little that it leaves out."""
    _, scope = app_and_stack()

    def on_platform(**given: Any) -> object:  # noqa: ANN401 - any argument
        return batch(scope, platform(scope, **given), secrets=["PASSWORD"])

    def one_batch(**given: Any) -> object:  # noqa: ANN401 - any argument
        return batch(scope, platform(scope), **given)

    def registry(**given: Any) -> object:  # noqa: ANN401 - any argument
        return ImageRegistry(scope, "Registry", images={"report": "github:acme/reports@main"}, **given)

    classes = {kind.__name__: kind for kind in (BatchImage, Container, Existing, Parameter, Secret, Volume)}
    modules = {"ecs": ecs, "iam": iam, "kms": kms, "logs": logs, "sm": sm, "sns": sns, "ssm": ssm}
    calls = {"BatchPlatform": on_platform, "FargateBatch": one_batch, "ImageRegistry": registry}
    eval(text, {**classes, **modules, **calls, **CONSTANTS, "scope": scope})


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_the_page_brings_along_is_taken(text: str) -> None:
    declare(text)


@pytest.mark.parametrize(("text", "says"), REFUSALS)
def test_another_form_is_refused_in_these_words(text: str, says: str) -> None:
    with pytest.raises(DeclarationError) as error:
        declare(text)

    assert says in str(error.value)


def test_every_row_has_an_example() -> None:
    assert [row[0] for row in rows(PAGE) if not examples(row[1])] == []
    assert len(ACCEPTED) > 20


def test_every_argument_that_takes_something_existing_is_in_the_table() -> None:
    from batchwright import BatchPlatform

    taken = {*arguments_of(Existing), "cluster", "key", "vpc_id", "subnets", "security_groups", "alarm_topic"}
    taken |= {"repositories"}
    assert taken - {*arguments_of(Existing)} <= arguments(BatchPlatform)
    ways = {"Parameter.existing", "Secret.existing", "Secret.secrets_manager", "BatchImage.from_uri", "Volume.efs"}
    text = " ".join(ACCEPTED)
    assert [name for name in (*taken, *ways) if f"{name}=" not in text and f"{name}(" not in text] == []
