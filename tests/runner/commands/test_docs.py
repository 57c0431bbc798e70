"""What the documents say of the runner is what it does."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from batchwright_runner.commands.result_file import RunResult
from batchwright_runner.contract.manifest import SCHEMA, BatchManifest, ManifestError
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.aws.config import find_stage
from tests.kit.pages import blocks

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def test_the_page_of_commands_is_what_their_help_says() -> None:
    check = [sys.executable, "docs/generate_cli.py", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr


def test_a_terminal_of_80_columns_breaks_no_example_and_no_option_of_a_help() -> None:
    text = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    examples = re.findall(r"^    \$ .*", text, re.MULTILINE)
    options = re.findall(
        r"^  -.*?(?=  |$)", text, re.MULTILINE
    )  # without what is said of them, which goes on in lines of its own

    assert min(len(examples), len(options)) > 50
    assert [line for line in (*examples, *options) if len(line) > 80] == []


def test_the_page_of_upgrading_shows_the_error_of_a_manifest_that_is_too_new() -> None:
    with pytest.raises(ManifestError) as error:
        BatchManifest.from_dict({"schema": SCHEMA + 1, "runner": "0.2.0"})

    assert f"cannot be used: {error.value}\n" in (DOCS / "upgrading-and-leaving.md").read_text(encoding="utf-8")


def test_every_code_of_the_table_is_documented() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \|", (DOCS / "exit-codes.md").read_text(encoding="utf-8"), re.MULTILINE)
    codes = {int(code) for row in rows for code in row.split(",")}

    assert codes == {2, 75, 122, 123, 124, 125, 126, 129, 130, 131, 143}


def test_every_field_and_row_of_the_result_is_documented() -> None:
    text = (DOCS / "exit-codes.md").read_text(encoding="utf-8")
    result = RunResult(verdict=Verdict(Row.OWN, 0, "", "ask"), batch="b", stage="s")
    fields = set(json.loads(result.to_json())) - {"format"}

    assert {name for name in fields if f"`{name}`" not in text} == set()
    assert {row.value for row in Row if f"`{row.value}`" not in text} == set()


def test_the_settings_shown_for_rundeck_can_be_used(tmp_path: Path) -> None:
    text = (DOCS / "rundeck.md").read_text(encoding="utf-8")
    settings = next(block for block in blocks(text, "toml") if "[stages." in block)
    (tmp_path / "batchwright.toml").write_text(settings)

    assert set(tomllib.loads(settings)["stages"]) == {"staging", "production"}
    assert find_stage("production", folder=tmp_path, environment={"HOME": str(tmp_path)}).account == "222222222222"


def test_the_image_runs_the_runner_itself_and_not_as_root() -> None:
    lines = (ROOT / "runner" / "Dockerfile").read_text(encoding="utf-8").splitlines()

    assert 'ENTRYPOINT ["batchwright"]' in lines
    assert lines.index("USER batchwright") < lines.index('ENTRYPOINT ["batchwright"]')
    for copied in (line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line):
        assert [name for name in copied if not (ROOT / name).exists()] == []
