"""`action.yml`: what its steps give to the runner, and to the job."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.linters import ACTION, ROOT

DECLARED: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in DECLARED["runs"]["steps"]}
NAMED = ["--run-id", "github/acme/re-ports/4711/1/nightly-a1B2c3D4"]
REFUSED = "batchwright: options: 'DATE' is not NAME=VALUE; write one on each line, such as DATE=2026-11-24\n"
STUB = """#!/usr/bin/env python3
import json, os, pathlib, sys
pathlib.Path("called").write_text(json.dumps([os.getpid(), *sys.argv[1:]]))
pathlib.Path(sys.argv[sys.argv.index("--result") + 1]).write_text(os.environ["WRITTEN"])
sys.exit(json.loads(os.environ["WRITTEN"])["code"])
"""
"""In the place of the command: it keeps what it is called with, and writes a result."""

Step = Callable[..., tuple[int, int, str]]
"""From a step's name and variables to its process, exit code and stderr."""


@pytest.fixture
def step(tmp_path: Path) -> Step:
    """Runs a step of the action as GitHub does, in a folder with an installed runner."""
    command = tmp_path / "batchwright-a1B2c3D4" / "venv" / "bin" / "batchwright"
    command.parent.mkdir(parents=True)
    command.write_text(STUB)
    command.chmod(0o755)

    def run(name: str, **given: str) -> tuple[int, int, str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "GITHUB_OUTPUT": "output",
            "HOME_OF_RUNNER": str(command.parents[2]),
            "GITHUB_REPOSITORY": "acme/re.ports",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "nightly",
            "STAGE": "production",
            "BATCH": "daily-report",
            "OPTIONS": "",
            "AGAIN": "",
            "SCHEDULED": "",
            "RESULT": "kept.json",
            "WRITTEN": '{"code": 0}',
            **given,
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]
        with subprocess.Popen(shell, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE) as process:
            _, err = process.communicate()
        return process.pid, process.returncode, err

    return run


def outputs(folder: Path) -> dict[str, str]:
    """What a step gave to the job, as GitHub reads it."""
    file = folder / "output"
    text = file.read_text() if file.exists() else ""
    return {name: value for name, _, value in re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)}


@pytest.mark.process
@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({}, NAMED),
        (
            {"OPTIONS": "DATE=2026-11-24\r\n\nWORDS=a = b\n"},
            ["--option", "DATE=2026-11-24", "--option", "WORDS=a = b", *NAMED],
        ),
        ({"AGAIN": "latest"}, ["--again", "latest"]),
        ({"SCHEDULED": "scheduled"}, [*NAMED, "--scheduled", "scheduled"]),
    ],
    ids=["alone", "options", "again", "scheduled"],
)
def test_the_inputs_become_the_runners_arguments_in_the_steps_own_process(
    step: Step, tmp_path: Path, given: dict[str, str], arguments: list[str]
) -> None:
    began, *_ = step("Run", **given)

    process, *called = json.loads(tmp_path.joinpath("called").read_text())
    assert called == ["run", "--stage", "production", "--result", "kept.json", *arguments, "--", "daily-report"]
    assert began == process, "a signal of GitHub would reach a shell"


@pytest.mark.process
def test_the_exit_code_is_the_steps_and_the_fields_are_the_outputs(step: Step, tmp_path: Path) -> None:
    fields = {"code": 3, "why": "two\nlines", "run": "daily-report@1a2b3c4d", "cost": {"dollars": None}}

    assert step("Run", WRITTEN=json.dumps(fields))[1:] == (3, "")
    assert step("Result")[1:] == (0, "")
    given = outputs(tmp_path)
    assert json.loads(given.pop("json")) == fields
    assert given == {"code": "3", "why": "two\nlines", "run": "daily-report@1a2b3c4d", "cost": '{"dollars": null}'}
    assert STEPS["Result"]["if"] == "always()"


@pytest.mark.process
def test_an_option_without_a_value_ends_with_2_and_no_result_of_another_step(step: Step, tmp_path: Path) -> None:
    step("Run")
    tmp_path.joinpath("called").unlink()

    assert step("Run", OPTIONS="DATE")[1:] == (2, REFUSED)
    assert not tmp_path.joinpath("called").exists()
    assert step("Result")[1:] == (0, "")
    assert outputs(tmp_path) == {}


def test_it_fetches_nothing_that_is_not_pinned() -> None:
    fetches, builds = re.findall(r"^pip install --quiet (.*)$", STEPS["Install"]["run"], re.MULTILINE)

    assert fetches == '--only-binary :all: --require-hashes --requirement "$GITHUB_ACTION_PATH/requirements/runner.txt"'
    assert builds == '--no-deps --no-build-isolation "$GITHUB_ACTION_PATH"'


def test_each_output_is_a_field_of_the_result_file() -> None:
    page = ROOT.joinpath("docs/exit-codes.md").read_text(encoding="utf-8")
    fields = {name for row in re.findall(r"^\| (`.+?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}

    assert DECLARED["outputs"].keys() - fields == {"json"}
    assert {name: output["value"] for name, output in DECLARED["outputs"].items()} == {
        name: f"${{{{ steps.result.outputs.{name} }}}}" for name in DECLARED["outputs"]
    }
