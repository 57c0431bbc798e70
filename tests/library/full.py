"""A stage and a batch with all that they can have at once, to the limits of the manifest: what an adopter comes to."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs

from batchwright import (
    Alerts,
    BatchPlatform,
    Container,
    Existing,
    Fargate,
    FargateBatch,
    ImageRegistry,
    Option,
    Retry,
    Schedule,
    Sidecar,
    Volume,
)
from tests.library.everything import EXECUTION_ROLE
from tests.library.support import large

STAGING = Environment(account="111111111111", region="ap-northeast-1")
REGISTRY = Environment(account="333333333333", region="ap-northeast-1")
KEY = "arn:aws:kms:ap-northeast-1:111111111111:key/11111111-2222-3333-4444-555555555555"
STRICT = {"@aws-cdk/core:validateAgainstDefaultRules": True, "@aws-cdk/aws-iam:minimizePolicies": True}


def file_system(number: int) -> Volume:
    return Volume.efs(f"fs-{number:017}", access_point=f"fsap-{number:017}", security_group=f"sg-{number:017}")


LISTS: dict[str, list[Any]] = {
    "emails": ["sre@example.com", "night@example.com", "lead@example.com"],
    "owner_emails": ["finance@example.com", "sre@example.com", "sales@example.com"],
    "subnets": [f"subnet-{n:017}" for n in range(3)],
    "stages": ["staging", "production"],
    "accounts": ["111111111111", "222222222222"],
    "images": ["tools", "legacy", "report"],
    "settings": ["bucket", "queue"],
    "shared_parameters": ["LOG_LEVEL", "REGION"],
    "parameters": [f"SETTING_{n:02}" for n in range(60)],
    "secrets": [f"SECRET_{n:02}" for n in range(40)],
    "environment": ["LANG", "TZ"],
    "options": ["DAY", "SHOP", "DRY"],
    "files": ["/srv/a/a.ini", "/srv/b/b.ini", "/srv/c/c.ini"],
    "sidecars": ["agent", "proxy", "migrate"],
    "reads": ["mysql:shop.orders", "s3:sales"],
    "writes": ["sftp:finance", "s3:reports"],
    "security_groups": [f"sg-1{n:016}" for n in range(3)],
    "volumes": ["/one", "/two", "/three"],
    "own_volumes": ["/four", "/five"],
    "tags": ["cost-centre", "team"],
    "retry_on": [75, "interruption"],
    "neighbors": ["first", "second", "third"],
    "callers": ["nightly", "operator", "on-call"],
}
"""Each argument that holds several things of a kind, and some of them."""


def full_app(changes: Mapping[str, list[Any]] | None = None, *, strict: bool = False) -> App:
    """The app.

    Args:
        changes: Lists in the place of those of `LISTS`.
        strict: Whether the CDK's own rules are asked, too, which takes it ten seconds.
    """
    given: Mapping[str, list[Any]] = {**LISTS, **(changes or {})}
    app = App(context=STRICT if strict else {}, analytics_reporting=False)
    registry = ImageRegistry(
        Stack(app, "registry", env=REGISTRY),
        "Registry",
        stages=given["stages"],
        accounts=given["accounts"],
        images={name: {"pushed_by": f"github:acme/{name}@main"} for name in given["images"]},
    )
    home = Stack(app, "platform", env=STAGING)
    platform = BatchPlatform(
        home,
        "Platform",
        stage="staging",
        stages=given["stages"],
        registry=registry,
        vpc_id="vpc-0123456789abcdef0",
        subnets=given["subnets"],
        key=kms.Key.from_key_arn(home, "Key", KEY),
        settings=dict.fromkeys(given["settings"], "x"),
        shared_parameters=dict.fromkeys(given["shared_parameters"], "x"),
        scheduler="aws",
        timezone="Asia/Tokyo",
        alerts={
            "emails": given["emails"],
            "slack": {"channel": "#batches", "token": "batches/slack#token"},
            "owners": {"finance": {"slack": "#finance", "emails": given["owner_emails"]}},
        },
    )
    stack = Stack(app, "batches", env=STAGING)
    made = [_full(stack, platform, given)]
    made += [_adopted(stack, platform, given)]
    made += [FargateBatch(stack, "large", platform=platform, owner="sre", **large(foreign=False))]
    made += [
        FargateBatch(stack, name, platform=platform, owner="sre", description="Runs.") for name in given["neighbors"]
    ]
    made += [_shared(stack, platform)]
    database = ec2.SecurityGroup.from_security_group_id(home, "Database", "sg-20000000000000000")
    for batch in made[:2]:
        batch.connections.allow_to(database, ec2.Port.tcp(5432))
    queue = sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:ap-northeast-1:111111111111:sales")
    for batch in made:
        queue.grant_send_messages(batch)
    for name in given["callers"]:
        role = iam.Role(home, name, assumed_by=iam.AccountRootPrincipal())
        platform.grant_operate(role)
        for grantee in (role, iam.User(home, f"{name}-user")):
            for batch in made:
                batch.grant_run(grantee)
    return app


def _full(stack: Stack, platform: BatchPlatform, given: Mapping[str, list[Any]]) -> FargateBatch:
    systems = {path: file_system(n) for n, path in enumerate(LISTS["volumes"], start=1)}
    own_systems = {path: file_system(n) for n, path in enumerate(LISTS["own_volumes"], start=4)}
    return FargateBatch(
        stack,
        "report",
        platform=platform,
        owner="finance",
        description="Reports.",
        cpu=1024,
        memory=2048,
        timeout=Duration.minutes(30),
        retry=Retry(times=2, on=given["retry_on"]),
        schedule=Schedule.daily("02:30"),
        expected=Duration.minutes(20),
        alerts=Alerts(after_failures=2),
        overlap="forbid",
        environment=dict.fromkeys(given["environment"], "x"),
        parameters=dict.fromkeys(given["parameters"], "x"),
        secrets=given["secrets"],
        options=[Option(name) for name in given["options"]],
        files=dict.fromkeys(given["files"], "x: ${LANG}" if "LANG" in given["environment"] else "x"),
        sidecars=[
            Sidecar(
                name=name,
                image=f"public.ecr.aws/tools/{name}:1",
                volumes={p: own_systems[p] for p in given["own_volumes"]},
            )
            for name in given["sidecars"]
        ],
        reads=given["reads"],
        writes=given["writes"],
        container=Container(volumes={path: systems[path] for path in given["volumes"]}),
        fargate=Fargate(tags=dict.fromkeys(given["tags"], "4711")),
    )


def _adopted(stack: Stack, platform: BatchPlatform, given: Mapping[str, list[Any]]) -> FargateBatch:
    """A batch in groups and a role that were there before."""
    return FargateBatch(
        stack,
        "adopted",
        platform=platform,
        owner="sre",
        description="Adopted.",
        **{key: value for key, value in large(foreign=True).items() if key != "description"},
        existing=Existing(
            security_groups=given["security_groups"],
            execution_role=iam.Role.from_role_arn(stack, "TheirRole", EXECUTION_ROLE),
        ),
    )


def _shared(stack: Stack, platform: BatchPlatform) -> FargateBatch:
    """A batch with a role and a log of its stack, which those who run it in other stacks need rights on."""
    return FargateBatch(
        stack,
        "lent",
        platform=platform,
        owner="sre",
        description="Shares.",
        existing=Existing(
            task_role=iam.Role(stack, "Theirs", assumed_by=platform._tasks), log_group=logs.LogGroup(stack, "Log")
        ),
    )
