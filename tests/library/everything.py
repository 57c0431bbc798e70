"""A batch that uses every argument, a platform that does, and a batch with somebody else's resources."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from batchwright import (
    BatchImage,
    BatchPlatform,
    Container,
    Existing,
    Fargate,
    FargateBatch,
    HealthCheck,
    Option,
    Parameter,
    Retry,
    Schedule,
    Secret,
    Sidecar,
    Volume,
)

SECRET_ARN = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:ledger-AbCdEf"
STAGINGS = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:mail-AbCdEf"
PRODUCTIONS = STAGINGS.replace("111111111111", "222222222222")
PLAIN_SECRETS = {"111111111111": STAGINGS, "222222222222": PRODUCTIONS}
SECRET_KEY = "arn:aws:kms:ap-northeast-1:111111111111:key/11111111-2222-3333-4444-555555555555"
TASK_ROLE = "arn:aws:iam::111111111111:role/legacy/report-task"
EXECUTION_ROLE = "arn:aws:iam::111111111111:role/legacy/report-exec"
EXPORTS = Volume.efs("fs-0123456789abcdef0", access_point="fsap-0123456789abcdef0", security_group="sg-11111111")
PLATFORM: dict[str, Any] = {"settings": {"sales_bucket": "example-sales"}, "shared_parameters": {"LOG_LEVEL": "info"}}


class Everything(FargateBatch):
    """昨日の売上を経理に送る。

    The second paragraph is for those who read the source.
    """

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "every-argument",
            platform=platform,
            owner="finance-systems",
            image="reports",
            pushed_by="github:acme/reports@main",
            command=["python", "-m", "report"],
            cpu=1024,
            memory=4096,
            environment={"LANG": "ja_JP.UTF-8", "SALES": platform.setting("sales_bucket")},
            parameters={
                "REPORT_TO": platform.choose(default="dev@example.com", production="finance@example.com"),
                "LOG_LEVEL": Parameter.shared("LOG_LEVEL"),
                "DB_HOST": Parameter.existing("/accounts/database/HOST"),
            },
            secrets=[
                "DB_PASSWORD",
                Secret.shared("SLACK_URL", "SLACK"),
                Secret.existing("OLD_TOKEN", "/legacy/TOKEN", key="alias/legacy"),
                Secret.secrets_manager("LEDGER_KEY", SECRET_ARN, json_field="api_key", key=SECRET_KEY),
                Secret.secrets_manager("MAIL_KEY", platform.choose(default=STAGINGS, production=PRODUCTIONS)),
            ],
            timeout=Duration.minutes(30),
            retry=Retry(times=2, on=[75, "interruption"], delay=Duration.minutes(5)),
            schedule=Schedule.weekly("MON-FRI", "02:30", zone="Asia/Tokyo"),
            scheduler="rundeck",
            expected=Duration.minutes(20),
            overlap="forbid",
            options=[Option("DAY", pattern=r"\d{4}-\d\d-\d\d")],
            runbook="https://wiki.example.com/every-argument",
            files={"/srv/config/database.yml": "password: ${DB_PASSWORD}\nlang: ${LANG}\nto: ${REPORT_TO}\n"},
            sidecars=[
                Sidecar(
                    name="agent",
                    image="public.ecr.aws/datadog/agent:7",
                    command=["run"],
                    entry_point=["/agent"],
                    environment={"DD_SITE": "datadoghq.com"},
                    secrets=["DB_PASSWORD"],
                    stop_timeout=Duration.seconds(60),
                    health_check=HealthCheck(
                        command=["CMD", "/check"], interval=10, timeout=3, retries=2, start_period=15
                    ),
                    cpu=128,
                    memory=256,
                    read_only_root=True,
                    user="100",
                    volumes={"out": "/in"},
                    main_waits_for="HEALTHY",
                ),
                Sidecar(
                    name="migrate",
                    image="444444444444.dkr.ecr.ap-northeast-1.amazonaws.com/tools/migrate:3",
                    depends_on={"agent": "START"},
                    main_waits_for="SUCCESS",
                ),
                Sidecar(name="proxy", image="example.com/proxy:1", essential=True),
            ],
            reads=["mysql:shop.orders", "s3:example-sales"],
            writes=["sftp:finance"],
            container=Container(
                user="1000:1000",
                read_only_root=True,
                writable_paths={"/tmp": 64},
                ulimits={"nofile": 65536, "core": (0, 1)},
                volumes={"out": "/out", "/exports": EXPORTS},
                init_process=False,
                working_directory="/srv",
                entry_point=["/usr/bin/env"],
                stop_timeout=Duration.seconds(120),
            ),
            fargate=Fargate(
                architecture="ARM64",
                platform_version="1.4.0",
                ephemeral_storage=50,
                capacity="spot",
                log_retention_days=30,
                tags={"cost-centre": "4711"},
            ),
            existing=Existing(rundeck_uuid={"staging": "4c0f0e9e-0000-4000-8000-000000000001"}),
        )
        self.allow(
            "ses:SendEmail", on=f"arn:aws:ses:ap-northeast-1:{platform._facts.place.account}:identity/example.com"
        )
        self.allow("cloudwatch:PutMetricData", on="*", reason="the API has no resource")


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
