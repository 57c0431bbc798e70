"""Every argument of a batch, and the part of the template that it makes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from batchwright import FargateBatch
from batchwright.arguments import arguments_of
from batchwright.batch import GROUPS
from batchwright.testing import Synthesized, resources
from tests.library.everything import EXECUTION_ROLE, TASK_ROLE
from tests.library.support import arguments, of_type, only, parameters_named, policy_statements, published_manifest

LOG_NAME = "/batches/staging/every-argument"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"


@dataclass(frozen=True)
class Seen:
    everything: Synthesized
    adopted: Synthesized

    @property
    def main(self) -> dict[str, Any]:
        return self.everything.container()

    @property
    def agent(self) -> dict[str, Any]:
        return self.everything.container("agent")

    @property
    def files(self) -> dict[str, Any]:
        return self.everything.container("files")

    @property
    def task(self) -> dict[str, Any]:
        return only(self.everything.template, "AWS::ECS::TaskDefinition")

    @property
    def manifest(self) -> dict[str, Any]:
        return published_manifest(self.everything.template)


@pytest.fixture(scope="module")
def seen(staging: Synthesized, adopted: Synthesized) -> Seen:
    return Seen(staging, adopted)


def named(pairs: list[dict[str, str]], value: str = "Value") -> dict[str, str]:
    return {pair["Name"]: pair[value] for pair in pairs}


BLOCKING = {
    "LogDriver": "awslogs",
    "Options": {
        "awslogs-group": LOG_NAME,
        "awslogs-region": "ap-northeast-1",
        "awslogs-stream-prefix": "run",
        "mode": "blocking",
    },
}
BATCH: dict[str, list[tuple[Callable[[Seen], object], object]]] = {
    "name": [
        (lambda s: s.task["Family"], "batches-staging-every-argument"),
        (lambda s: s.manifest["batch"], "every-argument"),
    ],
    "platform": [
        (lambda s: s.manifest["stage"], "staging"),
        (lambda s: s.manifest["cluster"], "batches-staging"),
        (lambda s: s.manifest["subnets"], "subnet-0123456789abcdef0"),
    ],
    "owner": [(lambda s: s.manifest["owner"], "finance-systems")],
    "description": [
        (lambda s: s.manifest["description"], "昨日の売上を経理に送る。"),
    ],
    "image": [
        (
            lambda s: s.main["Image"],
            "333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/batches/reports:stage-staging",
        ),
        (lambda s: s.manifest["image"]["name"], "reports"),
        (
            lambda s: s.adopted.container()["Image"],
            "444444444444.dkr.ecr.eu-west-1.amazonaws.com/tools/report:3",
        ),
        (lambda s: of_type(s.adopted.registry, "AWS::ECR::Repository"), []),
    ],
    "pushed_by": [
        (lambda s: only(s.everything.registry, "AWS::IAM::Role")["RoleName"], "batches-reports-push"),
        (
            lambda s: only(s.everything.registry, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0][
                "Condition"
            ]["StringEquals"]["token.actions.githubusercontent.com:sub"],
            "repo:acme/reports:ref:refs/heads/main",
        ),
    ],
    "command": [(lambda s: s.main["Command"], ["python", "-m", "report"])],
    "container.entry_point": [(lambda s: s.main["EntryPoint"], ["/usr/bin/env"])],
    "cpu": [(lambda s: s.task["Cpu"], "1024")],
    "memory": [(lambda s: s.task["Memory"], "4096")],
    "fargate.architecture": [
        (lambda s: s.task["RuntimePlatform"], {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}),
        (lambda s: s.manifest["architecture"], "ARM64"),
    ],
    "fargate.platform_version": [(lambda s: s.manifest["platform_version"], "1.4.0")],
    "fargate.ephemeral_storage": [(lambda s: s.task["EphemeralStorage"], {"SizeInGiB": 50})],
    "fargate.capacity": [
        (lambda s: s.manifest["capacity"], [{"provider": "FARGATE_SPOT"}]),
    ],
    "environment": [(lambda s: named(s.main["Environment"]), {"LANG": "ja_JP.UTF-8", "SALES": "example-sales"})],
    "parameters": [
        (
            lambda s: parameters_named(s.everything.template, "REPORT"),
            [{"Name": f"{LOG_NAME}/REPORT_TO", "Type": "String", "Value": "dev@example.com"}],
        ),
        (lambda s: named(s.main["Secrets"], "ValueFrom")["REPORT_TO"], f"{SSM}{LOG_NAME}/REPORT_TO"),
        (lambda s: named(s.main["Secrets"], "ValueFrom")["LOG_LEVEL"], f"{SSM}/batches/staging/shared/LOG_LEVEL"),
        (lambda s: named(s.main["Secrets"], "ValueFrom")["DB_HOST"], f"{SSM}/accounts/database/HOST"),
    ],
    "secrets": [
        (lambda s: named(s.main["Secrets"], "ValueFrom")["DB_PASSWORD"], f"{SSM}{LOG_NAME}/DB_PASSWORD"),
        (lambda s: named(s.main["Secrets"], "ValueFrom")["SLACK_URL"], f"{SSM}/batches/staging/shared/SLACK"),
        (lambda s: named(s.main["Secrets"], "ValueFrom")["LEDGER_KEY"].rpartition("AbCdEf")[2], ":api_key::"),
        (lambda s: s.manifest["secrets"], ["DB_PASSWORD", "SLACK_URL", "OLD_TOKEN", "LEDGER_KEY", "MAIL_KEY"]),
        # Declared, not made.
        (lambda s: parameters_named(s.everything.template, "PASSWORD"), []),
    ],
    "timeout": [(lambda s: s.manifest["timeout_seconds"], 1800)],
    "container.stop_timeout": [
        (lambda s: s.main["StopTimeout"], 120),
        (lambda s: s.manifest["stop_timeout_seconds"], 120),
    ],
    "retry.times": [
        (lambda s: s.manifest["retries"], 2),
    ],
    "retry.on": [(lambda s: s.manifest["retry_on"], [75, "interruption"])],
    "retry.delay": [(lambda s: s.manifest["retry_delay_seconds"], 300)],
    "schedule": [(lambda s: s.manifest["schedule"], "30 2 * * MON-FRI Asia/Tokyo")],
    "scheduler": [(lambda s: s.manifest["scheduler"], "rundeck")],
    "expected": [
        (
            lambda s: parameters_named(s.everything.template, "/watch/"),
            [
                {
                    "Name": "/batches/staging/watch/every-argument",
                    "Type": "String",
                    "Value": '{"schedule":"30 2 * * MON-FRI Asia/Tokyo","scheduler":"rundeck","expected_seconds":1200}',
                }
            ],
        ),
        (lambda s: s.everything.local["watch"]["expected_seconds"], 1200),
    ],
    "options": [(lambda s: s.manifest["options"], [{"name": "DAY", "pattern": r"\d{4}-\d\d-\d\d"}])],
    "existing.rundeck_uuid": [(lambda s: s.everything.local["rundeck_uuid"], "4c0f0e9e-0000-4000-8000-000000000001")],
    "reads": [(lambda s: s.everything.local["reads"], ["mysql:shop.orders", "s3:example-sales"])],
    "writes": [(lambda s: s.everything.local["writes"], ["sftp:finance"])],
    "overlap": [(lambda s: s.manifest["overlap"], "forbid")],
    "runbook": [(lambda s: s.manifest["runbook"], "https://wiki.example.com/every-argument")],
    "container.user": [(lambda s: s.main["User"], "1000:1000")],
    "container.working_directory": [(lambda s: s.main["WorkingDirectory"], "/srv")],
    "container.read_only_root": [(lambda s: s.main["ReadonlyRootFilesystem"], True)],
    "container.writable_paths": [
        (
            lambda s: s.main["LinuxParameters"]["Tmpfs"],
            [{"ContainerPath": "/tmp", "Size": 64, "MountOptions": ["mode=1777"]}],
        )
    ],
    "container.init_process": [
        (lambda s: s.main["LinuxParameters"]["InitProcessEnabled"], False),
    ],
    "container.ulimits": [
        (
            lambda s: s.main["Ulimits"],
            [
                {"Name": "core", "SoftLimit": 0, "HardLimit": 1},
                {"Name": "nofile", "SoftLimit": 65536, "HardLimit": 65536},
            ],
        )
    ],
    "container.volumes": [
        (lambda s: [volume["Name"] for volume in s.task["Volumes"]], ["efs-1", "files-1", "out"]),
        (
            lambda s: s.main["MountPoints"][1],
            {"SourceVolume": "out", "ContainerPath": "/out", "ReadOnly": False},
        ),
    ],
    "files": [
        (
            lambda s: s.main["MountPoints"][2],
            {"SourceVolume": "files-1", "ContainerPath": "/srv/config", "ReadOnly": True},
        ),
        (
            lambda s: s.files["MountPoints"],
            [{"SourceVolume": "files-1", "ContainerPath": "/rendered/files-1", "ReadOnly": False}],
        ),
        (lambda s: {"ContainerName": "files", "Condition": "SUCCESS"} in s.main["DependsOn"], True),
        (
            lambda s: (s.files["Command"], s.files["Essential"], s.files["User"], s.files["ReadonlyRootFilesystem"]),
            (["render-files"], False, "0", True),
        ),
        (lambda s: sorted(named(s.files["Environment"])), ["BATCHWRIGHT_FILES", "LANG"]),
        (lambda s: sorted(named(s.files["Secrets"], "ValueFrom")), ["DB_PASSWORD", "REPORT_TO"]),
        (
            lambda s: s.files["Image"],
            "333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/batches/batchwright:stage-staging",
        ),
        (
            lambda s: sorted(
                repository["RepositoryName"] for repository in resources(s.everything.registry, "AWS::ECR::Repository")
            ),
            ["batches/batchwright", "batches/reports"],
        ),
        (lambda s: s.manifest["files_image"], "batchwright"),
        (lambda s: s.manifest["files_variables"], ["DB_PASSWORD", "LANG", "REPORT_TO"]),
        (lambda s: (s.adopted.manifest.files_image, s.adopted.manifest.files_variables), ("", ())),
    ],
    "sidecars": [
        (lambda s: s.agent["Image"], "public.ecr.aws/datadog/agent:7"),
        (lambda s: (s.agent["Command"], s.agent["EntryPoint"], s.agent["User"]), (["run"], ["/agent"], "100")),
        (lambda s: named(s.agent["Environment"]), {"DD_SITE": "datadoghq.com"}),
        (lambda s: named(s.agent["Secrets"], "ValueFrom"), {"DB_PASSWORD": f"{SSM}{LOG_NAME}/DB_PASSWORD"}),
        (lambda s: (s.agent["StopTimeout"], s.agent["Cpu"], s.agent["Memory"]), (60, 128, 256)),
        (lambda s: s.agent["ReadonlyRootFilesystem"], True),
        (lambda s: s.manifest["essential"], "proxy"),
        (
            lambda s: s.agent["HealthCheck"],
            {"Command": ["CMD", "/check"], "Interval": 10, "Timeout": 3, "Retries": 2, "StartPeriod": 15},
        ),
        (lambda s: s.agent["MountPoints"][0]["ContainerPath"], "/in"),
        (lambda s: s.agent["LogConfiguration"], BLOCKING),
        (lambda s: s.everything.container("migrate")["DependsOn"], [{"ContainerName": "agent", "Condition": "START"}]),
        (
            lambda s: [s.everything.container(name)["Essential"] for name in ("main", "agent", "proxy")],
            [True, False, True],
        ),
        (
            lambda s: s.main["DependsOn"][:2],
            [
                {"ContainerName": "agent", "Condition": "HEALTHY"},
                {"ContainerName": "migrate", "Condition": "SUCCESS"},
            ],
        ),
    ],
    "existing.security_groups": [
        (
            lambda s: published_manifest(s.adopted.template)["security_groups"],
            "sg-11111111111111111,sg-22222222222222222",
        ),
        (lambda s: of_type(s.adopted.template, "AWS::EC2::SecurityGroup"), []),
    ],
    "existing.log_group": [
        (lambda s: s.adopted.container()["LogConfiguration"]["Options"]["awslogs-group"], "/legacy/report"),
        (lambda s: published_manifest(s.adopted.template)["log_group"], "/legacy/report"),
        (lambda s: of_type(s.adopted.template, "AWS::Logs::LogGroup"), []),
    ],
    "fargate.log_retention_days": [
        (
            lambda s: only(s.everything.template, "AWS::Logs::LogGroup"),
            {"LogGroupName": LOG_NAME, "RetentionInDays": 30},
        )
    ],
    "existing.task_role": [
        (lambda s: only(s.adopted.template, "AWS::ECS::TaskDefinition")["TaskRoleArn"], TASK_ROLE),
        (lambda s: s.adopted.local["task"]["taskRoleArn"], TASK_ROLE),
        (lambda s: [role["RoleName"][-5:] for role in resources(s.adopted.template, "AWS::IAM::Role")], ["-stop"]),
    ],
    "existing.execution_role": [
        (lambda s: only(s.adopted.template, "AWS::ECS::TaskDefinition")["ExecutionRoleArn"], EXECUTION_ROLE),
        (lambda s: s.adopted.local["task"]["executionRoleArn"], EXECUTION_ROLE),
        (lambda s: only(s.adopted.template, "AWS::IAM::Policy")["Roles"], ["report-exec"]),
        (
            lambda s: [statement.get("Sid") for statement in policy_statements(s.adopted.template)],
            ["RegistryToken", "PullImages", "WriteLog", "ReadParameters", None],
        ),
    ],
    "fargate.tags": [
        (
            lambda s: {tag["Key"]: tag["Value"] for tag in s.task["Tags"]},
            {
                "batchwright:project": "batches",
                "batchwright:stage": "staging",
                "batchwright:batch": "every-argument",
                "batchwright:owner": "finance-systems",
                "cost-centre": "4711",
            },
        ),
    ],
}


@pytest.mark.parametrize(
    ("find", "expected"),
    [pytest.param(*case, id=f"{name}-{n}") for name, cases in BATCH.items() for n, case in enumerate(cases)],
)
def test_argument_of_a_batch(seen: Seen, find: Callable[[Seen], object], expected: object) -> None:
    assert find(seen) == expected


def test_no_argument_is_forgotten() -> None:
    grouped = {f"{argument}.{name}" for argument, kind in GROUPS.items() for name in arguments_of(kind)}

    # Those of machines and alerts have tests of their own, in tests/library/automation and tests/library/alerts; the
    # roles of another team for them in tests/library/test_adoption.py.
    known = set(BATCH) | {"fargate.startable", "alerts", "existing.deadline_role", "existing.machine_role"}
    assert known == (arguments(FargateBatch) - GROUPS.keys()) | grouped


def test_the_log_never_drops_lines(seen: Seen) -> None:
    assert [container["LogConfiguration"] for container in seen.task["ContainerDefinitions"]] == [BLOCKING] * 5
