"""Every argument of a batch, and the part of the template that it makes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from batchwright import FargateBatch
from batchwright.arguments import arguments_of
from batchwright.batch import GROUPS
from batchwright.testing import Synthesized, resources
from tests.kit.rows import lines_of_rows, part_at
from tests.library.support import arguments, of_type, only, parameters_named, policy_statements, published_manifest

LOG_NAME = "/batches/staging/every-argument"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"


@dataclass
class Seen:
    everything: Synthesized
    adopted: Synthesized

    @property
    def main(self) -> dict[str, Any]:
        return self.everything.container()

    @property
    def files(self) -> dict[str, Any]:
        return self.everything.container("files")

    @property
    def task(self) -> dict[str, Any]:
        return only(self.everything.template, "AWS::ECS::TaskDefinition")

    @cached_property
    def parts(self) -> dict[str, Any]:
        """What the rows look into, by the names that they give it."""
        containers = {name: self.everything.container(name) for name in ("main", "agent", "proxy", "migrate", "files")}
        return {
            **containers,
            **{f"{name} environment": named(containers[name]["Environment"]) for name in ("main", "agent")},
            **{f"{name} secrets": named(containers[name]["Secrets"], "ValueFrom") for name in ("main", "agent")},
            "task": self.task,
            "tags": {tag["Key"]: tag["Value"] for tag in self.task["Tags"]},
            "log": only(self.everything.template, "AWS::Logs::LogGroup"),
            "manifest": published_manifest(self.everything.template),
            "local": self.everything.local,
            "push role": only(self.everything.registry, "AWS::IAM::Role"),
            "adopted main": self.adopted.container(),
            "adopted task": only(self.adopted.template, "AWS::ECS::TaskDefinition"),
            "adopted policy": only(self.adopted.template, "AWS::IAM::Policy"),
            "adopted manifest": published_manifest(self.adopted.template),
            "adopted local": self.adopted.local,
        }


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
BATCH: list[tuple[str, Callable[[Seen], object], object]] = [
    ("image", lambda s: of_type(s.adopted.registry, "AWS::ECR::Repository"), []),
    (
        "parameters",
        lambda s: parameters_named(s.everything.template, "REPORT"),
        [{"Name": f"{LOG_NAME}/REPORT_TO", "Type": "String", "Value": "dev@example.com"}],
    ),
    ("secrets", lambda s: named(s.main["Secrets"], "ValueFrom")["LEDGER_KEY"].rpartition("AbCdEf")[2], ":api_key::"),
    ("secrets", lambda s: parameters_named(s.everything.template, "PASSWORD"), []),
    (
        "expected",
        lambda s: parameters_named(s.everything.template, "/watch/"),
        [
            {
                "Name": "/batches/staging/watch/every-argument",
                "Type": "String",
                "Value": '{"schedule":"30 2 * * MON-FRI Asia/Tokyo","scheduler":"rundeck","expected_seconds":1200}',
            }
        ],
    ),
    ("container.volumes", lambda s: [volume["Name"] for volume in s.task["Volumes"]], ["efs-1", "files-1", "out"]),
    ("files", lambda s: {"ContainerName": "files", "Condition": "SUCCESS"} in s.main["DependsOn"], True),
    ("files", lambda s: sorted(named(s.files["Environment"])), ["BATCHWRIGHT_FILES", "LANG"]),
    ("files", lambda s: sorted(named(s.files["Secrets"], "ValueFrom")), ["DB_PASSWORD", "REPORT_TO"]),
    (
        "files",
        lambda s: sorted(
            repository["RepositoryName"] for repository in resources(s.everything.registry, "AWS::ECR::Repository")
        ),
        ["batches/batchwright", "batches/reports"],
    ),
    ("files", lambda s: (s.adopted.manifest.files_image, s.adopted.manifest.files_variables), ("", ())),
    ("existing.security_groups", lambda s: of_type(s.adopted.template, "AWS::EC2::SecurityGroup"), []),
    ("existing.log_group", lambda s: of_type(s.adopted.template, "AWS::Logs::LogGroup"), []),
    (
        "existing.task_role",
        lambda s: [role["RoleName"][-5:] for role in resources(s.adopted.template, "AWS::IAM::Role")],
        ["-stop"],
    ),
    (
        "existing.execution_role",
        lambda s: [statement.get("Sid") for statement in policy_statements(s.adopted.template)],
        ["RegistryToken", "PullImages", "WriteLog", "ReadParameters", None],
    ),
]
BY_PATH = [(argument, *line.partition(": ")[::2]) for argument, line in lines_of_rows(__file__, "arguments")]


@pytest.mark.parametrize(("argument", "find", "expected"), BATCH)
def test_argument_of_a_batch(seen: Seen, argument: str, find: Callable[[Seen], object], expected: object) -> None:
    assert find(seen) == expected, argument


@pytest.mark.parametrize(("argument", "path", "expected"), BY_PATH)
def test_an_argument_makes_a_part_of_the_template(seen: Seen, argument: str, path: str, expected: str) -> None:
    assert part_at(seen.parts, path) == json.loads(expected), argument


def test_no_argument_is_forgotten() -> None:
    grouped = {f"{argument}.{name}" for argument, kind in GROUPS.items() for name in arguments_of(kind)}

    # Those of machines and alerts have tests of their own, in tests/library/automation and tests/library/alerts; the
    # roles of another team in tests/library/test_adoption.py, what is unfinished in tests/library/test_timing.py.
    elsewhere = {
        "fargate.startable",
        "alerts",
        "existing.deadline_role",
        "existing.machine_role",
        "existing.unfinished",
    }
    known = {argument for argument, *_ in (*BATCH, *BY_PATH)} | elsewhere
    assert known == (arguments(FargateBatch) - GROUPS.keys()) | grouped


def test_the_log_never_drops_lines(seen: Seen) -> None:
    assert [container["LogConfiguration"] for container in seen.task["ContainerDefinitions"]] == [BLOCKING] * 5
