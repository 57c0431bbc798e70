"""The CI of new projects through the same linters and schemas as our own."""

import subprocess
from pathlib import Path

import pytest
import yaml

from batchwright_runner.workbench.scaffold.answers import Answers, StageAnswers
from batchwright_runner.workbench.scaffold.files import write_new
from batchwright_runner.workbench.scaffold.project_files import project_files
from tests.ci.linters import actionlint, schema, zizmor
from tests.ci.test_workflows import USES

STAGE = StageAnswers(name="staging", account="111111111111", region="ap-northeast-1")
FOLDERS = ["", "my tools/batches: 日本"]
"""Where a project may be in its repository."""


def written(top: Path, ci: str, below: str) -> Path:
    """The repository of a new project."""
    answers = Answers(
        project="sales", stages=[STAGE], ci="github" if ci == "github" else "circleci", timezone="Asia/Tokyo"
    )
    write_new(top / below, project_files(answers, requirement="batchwright", below=below))
    return top


@pytest.mark.parametrize("below", FOLDERS)
def test_nothing_is_found_in_the_workflow_of_github(tmp_path: Path, below: str) -> None:
    top = written(tmp_path, "github", below)
    workflow, dependabot = top / ".github/workflows/batches.yml", top / ".github/dependabot.yml"

    assert actionlint([workflow]) == []
    assert zizmor([workflow, dependabot]) == []
    assert schema("github-workflows", [workflow]) == []
    assert schema("dependabot", [dependabot]) == []


@pytest.mark.parametrize("below", FOLDERS)
def test_circlecis_schema_is_kept(tmp_path: Path, below: str) -> None:
    top = written(tmp_path, "circleci", below)

    assert schema("circle-ci", [top / ".circleci/config.yml"]) == []


def test_every_action_is_pinned_to_a_commit_and_names_its_version(tmp_path: Path) -> None:
    workflow = written(tmp_path, "github", "") / ".github/workflows/batches.yml"
    lines = [line.strip(" -") for line in workflow.read_text().splitlines() if "uses:" in line]

    assert len(lines) > 4
    assert [line for line in lines if not USES.fullmatch(line)] == []


@pytest.mark.parametrize("below", FOLDERS)
@pytest.mark.parametrize("ci", ["github", "circleci"])
def test_bash_can_read_every_script_and_make_has_its_targets(tmp_path: Path, ci: str, below: str) -> None:
    top = written(tmp_path, ci, below)
    path = ".github/workflows/batches.yml" if ci == "github" else ".circleci/config.yml"
    content = yaml.safe_load((top / path).read_text(encoding="utf-8"))
    steps = [step for job in content["jobs"].values() for step in job["steps"] if "run" in step]
    scripts = [step["run"] if isinstance(step["run"], str) else step["run"]["command"] for step in steps]
    targets = (top / below / "Makefile").read_text(encoding="utf-8")

    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script
    called = {script.split()[-1] for script in scripts if "make " in script.splitlines()[-1]}
    assert {"check", "synth", "test"} - called == set()
    assert not [target for target in called if f".PHONY: {target}\n" not in targets]
