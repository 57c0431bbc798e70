"""The list of actions, held to AWS's own."""

import runpy
from pathlib import Path

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from batchwright_runner.workbench.permissions.actions import by_id, expand, known, levels_of, services

ROOT = Path(__file__).parents[4]


def test_the_list_is_what_aws_publishes() -> None:
    for prefix, service in services().items():
        theirs = {name: facts["access_level"] for name, facts in get_service_prefix_data(prefix)["privileges"].items()}

        assert service.levels == theirs, prefix


def test_the_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "docs/generate_actions.py"))

    assert script["FILE"].read_text(encoding="utf-8") == script["content"]()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:GetObject", ["s3:GetObject"]),
        ("S3:getobject", ["s3:GetObject"]),
        ("sqs:SendMess?ge", ["sqs:SendMessage"]),
        ("sqs:*Visibility", ["sqs:ChangeMessageVisibility"]),
        ("nosuch:Thing", ["nosuch:Thing"]),
        ("nosuch:*", []),
    ],
)
def test_an_action_of_a_policy_stands_for_these(action: str, expected: list[str]) -> None:
    assert expand(action) == expected


def test_a_bare_wildcard_stands_for_all_of_them() -> None:
    assert len(expand("*")) == sum(len(service.levels) for service in services().values()) > 3000


def test_levels_are_in_one_order() -> None:
    assert levels_of("s3:*") == ["Read", "List", "Write", "Tagging", "Permissions management"]
    assert levels_of("nosuch:Thing") == []


def test_what_sdks_call_a_service() -> None:
    assert by_id()["sesv2"].prefix == by_id()["ses"].prefix == "ses"
    assert known("S3:PUTOBJECT") == "s3:PutObject"
    assert known("s3:ListObjectsV2") == ""
