"""Two batches that run as they always did: in their own roles, into their own logs, with the house's secrets."""

from collections.abc import Iterator

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from batchwright import BatchPlatform, Existing, FargateBatch, Parameter, Secret

TASKS = {"close": "Closes the month.", "statement": "Writes the statements."}


def batches(scope: Construct, platform: BatchPlatform) -> Iterator[FargateBatch]:
    """Both batches, and a role that may run one of them and nothing else."""

    def role(name: str) -> iam.IRole:
        return iam.Role.from_role_arn(platform, name, f"arn:aws:iam::{Stack.of(platform).account}:role/legacy/{name}")

    execution = role("legacy-exec")
    caller = iam.Role(platform, "Caller", role_name="adoption-caller", assumed_by=iam.AccountRootPrincipal())
    for name, description in TASKS.items():
        batch = FargateBatch(
            scope,
            name,
            platform=platform,
            owner="accounts-team",
            description=description,
            image="tools",
            command=["/app/show"],
            parameters={"DB_HOST": Parameter.existing("/legacy/database/HOST")},
            secrets=[Secret.existing("DB_PASSWORD", "/legacy/database/PASSWORD")],
            existing=Existing(
                task_role=role(f"legacy-{name}"),
                execution_role=execution,
                log_group=logs.LogGroup.from_log_group_name(platform, f"{name}-log", f"/legacy/{name}"),
            ),
        )
        if name == "statement":
            batch.grant_run(caller)
        yield batch
