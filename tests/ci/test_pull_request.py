"""The workflows that comment on a pull request: what they may, and what their scripts do, run as the CI runs them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.linters import PULL_REQUEST, PULL_REQUEST_CIRCLECI
from tests.kit.not_tried import unavailable

COMMENT = '<!-- batchwright diff: shop -->\n# What changes\n\n- `$(touch ran)` and "quotes" and 日本語'


def load(path: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def job(name: str) -> dict[str, Any]:
    declared: dict[str, Any] = load(PULL_REQUEST)["jobs"][name]
    return declared


def step(name: str) -> str:
    steps = [step for declared in load(PULL_REQUEST)["jobs"].values() for step in declared["steps"]]
    (script,) = [step["run"] for step in steps if step.get("name") == name]
    return str(script)


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as GitHub does, with programs of the folder first."""
    env = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "RUNNER_TEMP": str(folder), **variables}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_code_of_a_fork_meets_no_secret_and_no_token_that_may_write() -> None:
    workflow = load(PULL_REQUEST)

    assert list(workflow[True]) == ["pull_request"]  # YAML 1.1 reads the key "on" so
    assert workflow["permissions"] == {}
    assert job("diff")["permissions"] == {"contents": "read"}
    assert "{{ secrets" not in PULL_REQUEST.read_text(encoding="utf-8")
    steps = [step for declared in workflow["jobs"].values() for step in declared["steps"]]
    assert not [step for step in steps if "${{" in step.get("run", "")]


def test_what_may_write_runs_no_code_of_the_pull_request() -> None:
    assert job("comment")["permissions"] == {"pull-requests": "write"}
    assert [list(step) for step in job("comment")["steps"]] == [["name", "run"]]
    assert "head.repo.full_name == github.repository" in job("comment")["if"]


@pytest.mark.parametrize("code", [0, 1])
def test_the_text_is_handed_on_whole_and_the_code_too(tmp_path: Path, code: int) -> None:
    text = f"{COMMENT}\nEOF\ncomment<<x\n"
    (tmp_path / "text").write_text(text)
    program(tmp_path, ".venv/bin/batchwright", f"cat text\nexit {code}")
    output, summary = tmp_path / "output", tmp_path / "summary"

    done = run(step("Compare"), tmp_path, GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary))

    assert (done.returncode, done.stderr) == (code, "")
    assert summary.read_text() == text
    first, _, rest = output.read_text().partition("\n")
    end = first.removeprefix("comment<<")
    assert len(end) == 32
    assert rest == f"{text}{end}\n"


@pytest.mark.parametrize(
    ("there", "call"),
    [
        ("", "--method POST repos/acme/shop/issues/7/comments"),
        ("41\n42", "--method PATCH repos/acme/shop/issues/comments/41"),
    ],
)
def test_one_comment_is_made_and_then_renewed(tmp_path: Path, there: str, call: str) -> None:
    program(
        tmp_path,
        "gh",
        f'case "$*" in *--paginate*) printf "%s" "{there}" ;; *) echo "$*" > called; for one; do last=$one; done; '
        'cat "${last#body=@}" > sent ;; esac',
    )

    done = run(step("Comment, or renew the comment"), tmp_path, COMMENT=COMMENT, REPOSITORY="acme/shop", NUMBER="7")

    assert (done.returncode, done.stderr) == (0, "")
    assert call in (tmp_path / "called").read_text()
    assert (tmp_path / "sent").read_text() == f"{COMMENT}\n"
    assert not (tmp_path / "ran").exists()


def test_the_comment_is_found_by_its_marker_and_its_author() -> None:
    if shutil.which("jq") is None:
        unavailable("jq", "it is not installed", "install jq")
    script = step("Comment, or renew the comment")
    expression = script.partition("'.[]")[2].partition("'")[0]
    bot = {"login": "github-actions[bot]"}
    comments = [
        {"id": 1, "user": {"login": "someone"}, "body": COMMENT},
        {"id": 2, "user": bot, "body": "something else"},
        {"id": 3, "user": bot, "body": f"{COMMENT} of before"},
    ]

    done = subprocess.run(
        ["jq", "--raw-output", f".[]{expression}"],
        input=json.dumps(comments),
        env={**os.environ, "MARKER": COMMENT.partition("\n")[0]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "3\n"


def circleci(name: str) -> str:
    jobs = load(PULL_REQUEST_CIRCLECI)["jobs"]
    steps = [step for declared in jobs.values() for step in declared["steps"] if "run" in step]
    (script,) = [step["run"]["command"] for step in steps if step["run"]["name"] == name]
    return str(script)


@pytest.mark.parametrize(("code", "at_once", "in_the_end"), [(0, 0, 0), (1, 0, 1), (125, 125, 125)])
def test_on_circleci_the_text_is_kept_before_its_job_fails(
    tmp_path: Path, code: int, at_once: int, in_the_end: int
) -> None:
    """Where ``--fail-on`` names something, the second job fails after its comment; else the first."""
    program(tmp_path, ".venv/bin/batchwright", f"echo text\nexit {code}")
    program(tmp_path, "git", "echo base")
    changes = str(tmp_path / "changes")

    compared = run(circleci("Compare").replace("/tmp/changes", changes), tmp_path)
    ended = run(circleci("Fail where --fail-on names what came out").replace("/tmp/changes", changes), tmp_path)

    assert (compared.returncode, ended.returncode) == (at_once, in_the_end)
    assert (tmp_path / "changes" / "comment.md").read_text() == "text\n"
    names = [next(iter(step.values()))["name"] for step in steps_of("comment") if "run" in step]
    assert names == ["Comment, or renew the comment", "Fail where --fail-on names what came out"]
    (paths,) = [step["persist_to_workspace"]["paths"] for step in steps_of("diff") if "persist_to_workspace" in step]
    assert paths == ["comment.md", "code"]


def test_on_circleci_a_comparison_without_a_text_fails_at_once(tmp_path: Path) -> None:
    program(tmp_path, ".venv/bin/batchwright", "exit 1")
    program(tmp_path, "git", "echo base")

    assert run(circleci("Compare").replace("/tmp/changes", str(tmp_path / "changes")), tmp_path).returncode == 1


def steps_of(job: str) -> list[Any]:
    return [step for step in load(PULL_REQUEST_CIRCLECI)["jobs"][job]["steps"] if isinstance(step, dict)]


def test_on_circleci_the_token_and_the_code_are_apart() -> None:
    jobs = load(PULL_REQUEST_CIRCLECI)["workflows"]["batch-changes"]["jobs"]

    assert "context" not in jobs[0]["diff"]
    assert jobs[1]["comment"]["context"] == "comments"
    steps = load(PULL_REQUEST_CIRCLECI)["jobs"]["comment"]["steps"]
    assert "checkout" not in steps


@pytest.mark.parametrize(
    ("pages", "call"),
    [
        (["[]"], "POST {api}/7/comments"),
        (
            ['[{"id": 1, "body": "other"}]', '[{"id": 2, "body": "<!-- batchwright diff: shop --> old"}]'],
            "PATCH {api}/comments/2",
        ),
    ],
)
def test_on_circleci_one_comment_is_made_and_then_renewed(tmp_path: Path, pages: list[str], call: str) -> None:
    if shutil.which("jq") is None:
        unavailable("jq", "it is not installed", "install jq")
    (tmp_path / "comment.md").write_text(COMMENT)
    for number, page in enumerate(pages, 1):
        (tmp_path / f"page-{number}").write_text(page)
    program(
        tmp_path,
        "curl",
        'cat > header\nfor one; do last=$one; done\ncase "$*" in *--request*) echo "$*" > called ;; '
        '*) file="page-${last##*page=}"; if [ -e "$file" ]; then cat "$file"; else echo "[]"; fi ;; esac',
    )
    script = circleci("Comment, or renew the comment").replace("/tmp/changes", str(tmp_path))
    variables = {"CIRCLE_PROJECT_USERNAME": "acme", "CIRCLE_PROJECT_REPONAME": "shop", "GITHUB_TOKEN": "t0ken"}

    done = run(script, tmp_path, CIRCLE_PULL_REQUEST="https://github.com/acme/shop/pull/7", **variables)

    assert (done.returncode, done.stderr) == (0, "")
    verb, _, address = call.format(api="https://api.github.com/repos/acme/shop/issues").partition(" ")
    called = (tmp_path / "called").read_text()
    assert f"--request {verb} " in called
    assert called.strip().endswith(address)
    assert "t0ken" not in called
    assert (tmp_path / "header").read_text() == "Authorization: Bearer t0ken\n"
    assert json.loads((tmp_path / "body.json").read_text())["body"].rstrip("\n") == COMMENT


def test_on_circleci_without_a_pull_request_nothing_is_sent(tmp_path: Path) -> None:
    program(tmp_path, "curl", "touch called")

    done = run(circleci("Comment, or renew the comment"), tmp_path, GITHUB_TOKEN="t", CIRCLE_PULL_REQUEST="")

    assert done.returncode == 0
    assert not (tmp_path / "called").exists()
