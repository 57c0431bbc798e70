"""The policies as data: every statement the library writes, exactly."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import batchwright_runner
from batchwright.arns import Place
from batchwright.iam import platform_policies, policies, run_policies
from batchwright.registry.registry import lifecycle
from batchwright_runner.contract.names import StageNames
from tests.kit.iam import allowed
from tests.library.support import actions

PLACE = Place("111111111111", "ap-northeast-1")
CHINA = Place("111111111111", "cn-north-1")
NAMES = StageNames("batches", "staging")
ALIAS = "alias/batches-staging"
KEY = "arn:aws:kms:ap-northeast-1:111111111111:key/1"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"
LOGS = "arn:aws:logs:ap-northeast-1:111111111111:log-group"
ECS = "arn:aws:ecs:ap-northeast-1:111111111111"


def test_without_a_value_there_is_no_statement() -> None:
    assert policies.pull([]) == []
    assert policies.read_parameters([]) == []
    assert policies.read_secrets([]) == []
    assert policies.decrypt_parameters(PLACE, ALIAS, []) == []
    assert policies.decrypt_secrets(PLACE, []) == []


def test_decrypting_under_a_key() -> None:
    assert policies.decrypt_parameters(PLACE, KEY, ["arn:b", "arn:a", "arn:b"]) == [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": KEY,
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": "ssm.ap-northeast-1.amazonaws.com",
                    "kms:EncryptionContext:PARAMETER_ARN": ["arn:a", "arn:b"],
                }
            },
        }
    ]


def test_decrypting_secrets_has_one_statement_for_each_key() -> None:
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.cn-north-1.amazonaws.com.cn"}}

    assert policies.decrypt_secrets(CHINA, ["arn:b", "arn:a", "arn:b"]) == [
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:a", "Condition": via},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:b", "Condition": via},
    ]


def test_trust() -> None:
    (deadline,) = platform_policies.deadline_trust(PLACE, NAMES)["Statement"]
    assert deadline["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert deadline["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnEquals": {"aws:SourceArn": "arn:aws:scheduler:ap-northeast-1:111111111111:schedule-group/batches-staging"},
    }


def running(*, deadlines: bool = False) -> list[dict[str, Any]]:
    runs = run_policies.runs_of_stage(PLACE, NAMES)
    return run_policies.run(PLACE, NAMES, runs, cluster="batches-staging", deadlines=deadlines)


TAGS = {
    f"batchwright:{key}": value for key, value in (("project", "batches"), ("stage", "staging"), ("batch", "report"))
}


@pytest.mark.parametrize(
    ("cluster", "changes", "expected"),
    [
        ("batches-staging", {}, True),
        ("batches-staging", {"batchwright:batch": "report-2"}, False),
        ("batches-staging", {"batchwright:stage": "production"}, False),
        ("batches-staging", {"batchwright:batch": None}, False),
        ("shared", {}, False),
    ],
)
def test_a_deadline_may_stop_its_batchs_tasks_and_no_other(
    cluster: str, changes: dict[str, str | None], expected: bool
) -> None:
    statements = platform_policies.deadline_policy(PLACE, "batches-staging", TAGS)["Statement"]
    context: dict[str, str | None] = {"ecs:cluster": f"{ECS}:cluster/{cluster}"}
    context |= {f"aws:ResourceTag/{key}": value for key, value in {**TAGS, **changes}.items()}

    assert allowed(statements, "ecs:StopTask", f"{ECS}:task/{cluster}/1", context) == expected


@pytest.mark.parametrize("action", ["ssm:PutParameter", "ssm:DeleteParameter"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report/TO", True),
        ("declared-later/KEY", True),
        ("shared/LOG_LEVEL", True),
        ("releases/report", True),
        ("manifests/report", False),
        ("platform/cluster", False),
    ],
)
def test_an_operator_sets_values_and_not_what_a_deployment_publishes(name: str, action: str, expected: bool) -> None:
    statements = run_policies.operate(PLACE, NAMES, key=ALIAS, repositories=["arn:r"])

    assert allowed(statements, action, f"{SSM}/batches/staging/{name}") == expected


ASKED_FOR_BY_OTHERS = {"iam:PassRole", "ecs:TagResource", "kms:Encrypt"}
"""What ECS, Scheduler and SSM ask for when they are called; no call of ours has these names."""


def test_every_right_of_who_runs_and_operates_is_one_that_the_runner_uses() -> None:
    folder = Path(batchwright_runner.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    statements = [*running(deadlines=True), run_policies.read_history(PLACE, NAMES)]
    statements += run_policies.operate(PLACE, NAMES, key=ALIAS, repositories=["arn:r"])

    granted = actions(statements)

    calls = {action: re.sub(r"(?<!^)(?=[A-Z])", "_", action.partition(":")[2]).lower() for action in granted}
    assert {action for action, call in calls.items() if f'"{call}"' not in source} == ASKED_FOR_BY_OTHERS


def test_events_may_be_written_into_the_history_and_nowhere_else() -> None:
    assert platform_policies.history_policy(PLACE, NAMES)["Statement"] == [
        {
            "Sid": "WriteRunEnds",
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{LOGS}:/batches/staging/platform/runs:*",
        }
    ]


def test_execution_roles_of_other_accounts_may_pull() -> None:
    (statement,) = policies.pull_policy("batches", ["111111111111", "222222222222"], "aws")["Statement"]

    assert statement == {
        "Sid": "PullByExecutionRoles",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {
            "ArnLike": {
                "aws:PrincipalArn": [
                    "arn:aws:iam::111111111111:role/batches/*/*-exec",
                    "arn:aws:iam::222222222222:role/batches/*/*-exec",
                ]
            }
        },
    }


def test_a_lifecycle_keeps_what_a_stages_tags_point_at() -> None:
    first, second, last = lifecycle(["staging"])["rules"]

    assert first["selection"] == {
        "tagStatus": "tagged",
        "tagPatternList": ["stage-staging"],
        "countType": "imageCountMoreThan",
        "countNumber": 1,
    }
    assert second["selection"]["tagPatternList"] == ["stage-staging-previous"]
    assert last["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{1,11}", fullmatch=True), unique=True, max_size=12))
def test_a_lifecycle_of_any_stages_is_one_that_ecr_takes(stages: list[str]) -> None:
    rules = lifecycle(stages)["rules"]

    assert [rule["rulePriority"] for rule in rules] == list(range(1, len(rules) + 1))
    assert len(rules) == 2 * len(stages) + 1 <= 50  # ECR's limit
    assert [rule["selection"]["tagStatus"] for rule in rules].count("any") == 1
    assert rules[-1]["selection"]["tagStatus"] == "any"
    assert all(rule["action"] == {"type": "expire"} for rule in rules)


@pytest.mark.parametrize(
    ("region", "partition", "domain"),
    [
        ("ap-northeast-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_partitions(region: str, partition: str, domain: str) -> None:
    place = Place("111111111111", region)

    assert place._role("a") == f"arn:{partition}:iam::111111111111:role/a"
    assert place._parameter("/a/b") == f"arn:{partition}:ssm:{region}:111111111111:parameter/a/b"
    assert place._repository_uri("a/b") == f"111111111111.dkr.ecr.{region}.{domain}/a/b"
