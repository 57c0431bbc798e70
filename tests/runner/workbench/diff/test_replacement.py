"""The list of what CloudFormation replaces, held to its script."""

import runpy
from pathlib import Path

from batchwright_runner.workbench.diff.exposures import create_only

ROOT = Path(__file__).parents[4]


def test_the_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "docs/generate_replacement.py"))

    assert script["FILE"].read_text(encoding="utf-8") == script["content"]()


def test_it_has_what_a_batch_makes() -> None:
    assert create_only()["AWS::IAM::Role"] == {"Path", "RoleName"}
    assert create_only()["AWS::Logs::LogGroup"] == {"LogGroupName"}
