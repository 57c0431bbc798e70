"""Every policy document is written in one folder, which a reader of permissions reads and no other."""

import re
from pathlib import Path

import pytest

import batchwright
from tests.kit.imports import read_sources

WORDS = re.compile(
    r"""["'](Effect|Principal|NotAction|NotResource|(sts|iam|ecr|ecs|ssm|kms|logs|scheduler):[A-Z]\w+)["']"""
)
"""What only a policy document says."""

SOURCES = read_sources(Path(batchwright.__file__).parent)


def test_policies_are_written_in_the_folder_iam_and_nowhere_else() -> None:
    writing = {module for module, text in SOURCES.items() if WORDS.search(text)}

    assert {module for module in writing if not module.startswith("iam.")} == set()
    assert {"iam.policies", "iam.run_policies", "iam.publishers", "iam.platform_policies"} <= writing


@pytest.mark.parametrize(
    "text", ['{"Effect": "Allow"}', '{"Principal": {}}', "action='sts:AssumeRole'", 'allow(["ecr:PutImage"], ["*"])']
)
def test_a_planted_policy_is_found(text: str) -> None:
    assert WORDS.search(text)
