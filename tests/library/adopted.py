"""A batch with somebody else's resources."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from batchwright import BatchImage, BatchPlatform, Existing, FargateBatch

TASK_ROLE = "arn:aws:iam::111111111111:role/legacy/report-task"
EXECUTION_ROLE = "arn:aws:iam::111111111111:role/legacy/report-exec"


class Adopted(FargateBatch):
    """Runs in roles, groups and a log that were there before."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        stack = scope.stack_for("report") if hasattr(scope, "stack_for") else scope
        super().__init__(
            stack,
            "report",
            platform=platform,
            owner="sre",
            description="Reports.",
            image=BatchImage.from_uri("444444444444.dkr.ecr.eu-west-1.amazonaws.com/tools/report:3"),
            secrets=["PASSWORD"],
            existing=Existing(
                log_group=logs.LogGroup.from_log_group_name(stack, "TheirLog", "/legacy/report"),
                task_role=iam.Role.from_role_arn(stack, "TheirTaskRole", TASK_ROLE),
                execution_role=iam.Role.from_role_arn(stack, "TheirExecutionRole", EXECUTION_ROLE),
                security_groups=["sg-11111111111111111", "sg-22222222222222222"],
            ),
        )
