"""docs/proof.md: what it refers to is there; the check by hand can be run, as far as one can see without AWS."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import botocore.session
import jmespath  # type: ignore[import-untyped] # comes with botocore, without types
import pytest
from botocore import xform_name

from tests.command_lines import calls_of, parse, shown

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"
PAGE = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")
BEFORE, _, BY_HAND = PAGE.partition("\n## The check by hand\n")
LINES = list(dict.fromkeys(shown(BY_HAND)))
GLOBAL = {"query", "output", "cli-input-json"}


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    text = BEFORE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def there_is(reference: str) -> bool:
    return (ROOT / reference).exists()


def test_every_test_that_the_page_refers_to_is_there() -> None:
    references = re.findall(r"`(tests/[^`]+)`", BEFORE)

    assert len(references) > 10
    assert [reference for reference in references if not there_is(reference)] == []


def test_a_proof_that_is_not_there_is_seen() -> None:
    assert there_is("tests/library/")
    assert not there_is("tests/library/test_nothing.py")


def test_every_step_that_the_list_names_is_there_and_the_other_way_round() -> None:
    steps = {int(number) for number in re.findall(r"^### (\d+)\. ", BY_HAND, re.MULTILINE)}
    named = {int(number) for row in table("Only on AWS") for number in re.findall(r"\d+", row[1])}

    assert steps == set(range(1, 15))
    assert steps - named == {1, 14}, "only getting ready and cleaning up prove nothing"


def test_the_project_becomes_the_stacks_and_names_that_the_page_says(tmp_path: Path) -> None:
    project = tmp_path / "trial"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ["cdk.json", "batchwright.toml", *(f"events/{path.name}" for path in PROJECT.glob("events/*.json"))]:
        text = (project / name).read_text(encoding="utf-8").replace("111111111111", "424242424242")
        (project / name).write_text(text.replace("us-east-1", "eu-west-1"), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "app.py"], cwd=project, env={**os.environ, "CDK_OUTDIR": "out"}, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    templates = {path.name.partition(".")[0]: path.read_text() for path in (project / "out").glob("*.template.json")}
    assert len(templates) == 8
    assert "eight stacks" in PAGE
    assert {"trial-registry", "trial-probe-platform"} < set(templates)
    everything = "".join(templates.values())
    names = [
        "trial-runner",
        "/trial/probe/platform/runs",
        "trial/probe",
        "/trial-network/subnets",
        "Secrets of trial-probe",
    ]
    assert [name for name in names if name not in PAGE or f'"{name}"' not in everything] == []
    manifests = everything + (project / "batchwright.toml").read_text() + (project / "events/bad.json").read_text()
    assert "111111111111" not in manifests
    assert "us-east-1" not in manifests


@pytest.mark.parametrize("line", [line for line in LINES if list(calls_of("batchwright", line))])
def test_every_command_of_ours_can_be_read(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    for call in calls_of("batchwright", line):
        parse(call)


@pytest.mark.parametrize("line", [line for line in LINES if list(calls_of("aws", line))])
def test_every_call_of_aws_has_an_operation_and_options_that_exist(line: str) -> None:
    for _, service, operation, *words in calls_of("aws", line):
        model = botocore.session.get_session().get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in operations
        shape = model.operation_model(operations[operation]).input_shape
        members = {xform_name(name, "-") for name in shape.members} if shape else set()
        assert {word.removeprefix("--") for word in words if word.startswith("--")} <= members | GLOBAL
        if "--query" in words:
            jmespath.compile(words[words.index("--query") + 1])


def test_every_file_that_a_command_reads_is_there_or_was_written_before() -> None:
    files = re.findall(r"file://(\S+)", "\n".join(LINES))

    assert files
    assert [name for name in files if not (PROJECT / name).exists() and f"> {name}" not in "\n".join(LINES)] == []


def test_the_events_tell_name_and_code_apart() -> None:
    good, bad = (json.loads((PROJECT / f"events/{name}.json").read_text()) for name in ("good", "bad"))
    codes = [{one["name"]: one["exitCode"] for one in event["detail"]["containers"]} for event in (good, bad)]

    assert codes == [{"agent": 143, "main": 0}, {"agent": 0, "main": 3}]
    assert {**good["detail"], "containers": 0} == {**bad["detail"], "containers": 0}, "they differ in nothing else"
