"""``batchwright diff`` on projects in git, synthesized without CDK: what the base is, and what can be wrong with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.diff.read import read_assembly
from tests.kit.command import Done, call
from tests.runner.workbench.diff.support import Raw, batch_file, declare, edited, git, grant


def with_timeout(seconds: int) -> Raw:
    return edited(batch_file(), {"manifest/timeout_seconds": seconds})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose first commit has a timeout of 60 s, and its second, on a branch, one of 120 s."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, with_timeout(60))
    git(folder, "switch", "--quiet", "--create=change")
    commit(folder, with_timeout(120))
    return folder


def commit(folder: Path, *files: Raw, app: str = "python app.py") -> None:
    """Commits a project that declares batches."""
    declare(folder, *files, app=app)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=more")


def texts(done: Done) -> list[str]:
    assert done.code == 0, done.err
    return [change["text"] for change in json.loads(done.text)["changes"]]


def test_a_branch_is_compared_with_a_commit_and_leaves_nothing_behind(project: Path) -> None:
    hook = project / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)

    done = call(project, "diff", "--base", "main", "--json")

    assert texts(done) == ["timeout: 1m00s → 2m00s"]
    data = json.loads(done.text)
    base, head = (git(project, "rev-parse", "--short=12", name) for name in ("main", "HEAD"))
    assert (data["base"], data["head"]) == (f"{base} (main)", head)
    about = {"batch": "report", "stages": ["staging"], "kind": "fact", "commands": [], "gates": []}
    assert data["changes"] == [{**about, "text": "timeout: 1m00s → 2m00s"}]
    assert not list(project.parent.rglob("ran"))
    assert git(project, "worktree", "list").count("\n") == 0
    assert git(project, "status", "--porcelain") == ""


def test_what_is_not_committed_counts_and_is_said(project: Path) -> None:
    declare(project, with_timeout(300))

    done = call(project, "diff", "--base", "main", "--json")

    assert texts(done) == ["timeout: 1m00s → 5m00s"]
    assert json.loads(done.text)["head"].endswith(", with what is not committed yet")


def test_the_default_is_the_merge_base_with_the_remote(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(project, "switch", "--quiet", "main")
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    git(clone, "switch", "--quiet", "change")
    commit(project, with_timeout(999))
    git(clone, "fetch", "--quiet")

    done = call(clone, "diff", "--json")

    assert texts(done) == ["timeout: 1m00s → 2m00s"]
    assert json.loads(done.text)["base"].endswith(", the merge base of HEAD and origin/HEAD")


GATES = "allowed: permissions, removed, replaced, secrets"


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (
            "",
            "this clone does not know origin/HEAD",
            "such as --base origin/main, or run git remote set-head origin --",
        ),
        ("--base nosuch", "--base nosuch is not a commit that this clone has", ", nor the folder of an assembly"),
        ("--base out", "out is a folder without a manifest.json", "synthesize into it with cdk synth -o out"),
        ("--base --output=x", "--base", ""),
        ("--base main --fail-on permission", "--fail-on", GATES),
        ("--base main --fail-on=", "--fail-on", GATES),
        ("--base main --fail-on permissions,nosuch", "--fail-on", GATES),
        ("--markdown --json", "--markdown", "--json"),
    ],
)
def test_what_cannot_be_asked_for(project: Path, words: str, said: str, hint: str) -> None:
    (project / "out").mkdir()

    done = call(project, "diff", *words.split())

    assert (done.code, said in done.err, hint in done.err) == (2, True, True), done.err
    assert not (project / "x").exists()


def test_a_shallow_clone_is_told_what_to_fetch(project: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--single-branch", project.as_uri(), str(shallow))

    done = call(shallow, "diff", "--base", "origin/main")

    assert done.code == 2
    assert "git fetch --depth=1 origin main" in done.err
    assert "git fetch --unshallow" in done.err


def made(project: Path, folder: Path) -> Path:
    """An assembly of a project as it is."""
    variables = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": "{}"}
    subprocess.run([sys.executable, "app.py"], cwd=project, env=variables, check=True)
    return folder


def test_two_assemblies(project: Path, tmp_path: Path) -> None:
    head = made(project, tmp_path / "head")
    git(project, "switch", "--quiet", "main")
    base = made(project, tmp_path / "base")

    done = call(project, "diff", "--base", str(base), "--head", str(head), "--json")

    assert texts(done) == ["timeout: 1m00s → 2m00s"]
    assert json.loads(done.text)["remarks"] == []


def with_template(name: str) -> str:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": name}}
    return json.dumps({"artifacts": {"a": stack}})


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("batches/staging/report.json", json.dumps({**batch_file(), "format": 2}), "it has format 2"),
        ("batches/staging/report.json", "{", "it is not JSON"),
        ("batches/staging/report.json", "[]", "it is not a JSON object"),
        ("batches/staging/report.json", "{}", "it lacks format, manifest, task"),
        ("manifest.json", '{"artifacts": []}', "its artifacts are not an object"),
        ("manifest.json", with_template("none.json"), "none.json cannot be read: No such file or directory"),
        ("manifest.json", with_template("one.json"), "one.json cannot be read: its resources are not objects"),
    ],
)
def test_an_assembly_that_cannot_be_read(project: Path, tmp_path: Path, path: str, content: str, reason: str) -> None:
    base = made(project, tmp_path / "base")
    (base / path).write_text(content)
    (base / "one.json").write_text('{"Resources": []}')

    done = call(project, "diff", "--base", str(base))

    assert (done.code, reason in done.err, "ynthesize" in done.err) == (125, True, True), done.err


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:cloudformation:stack", {"templateFile": "../one.json"}),
        ("aws:cloudformation:stack", {"templateFile": "link.json"}),
        ("aws:cloudformation:stack", {"templateFile": "nested.json"}),
        ("cdk:cloud-assembly", {"directoryName": ".."}),
        ("cdk:cloud-assembly", {"directoryName": "."}),
    ],
)
def test_an_assembly_is_read_in_its_folder_alone(tmp_path: Path, kind: str, properties: dict[str, str]) -> None:
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    (tmp_path / "one.json").write_text('{"Resources": {}}')
    (tmp_path / "manifest.json").write_text("{}")
    (folder / "link.json").symlink_to("../one.json")
    inner = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "../one.json"}}
    (folder / "nested.json").write_text(json.dumps({"Resources": {"A": inner}}))
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"a": {"type": kind, "properties": properties}}}))

    with pytest.raises(RunnerError, match=r"it is not in|it holds itself"):
        read_assembly(folder)


def test_a_base_that_does_not_synthesize(project: Path) -> None:
    (project / "broken").touch()
    commit(project, with_timeout(120))
    (project / "broken").unlink()

    done = call(project, "diff", "--base", "HEAD")

    assert done.code == 125
    assert "the base" in done.err
    assert "cannot be synthesized: batches/report/batch.py:3: it is broken" in done.err
    assert "name another --base, or the folder of an assembly made there" in done.err
    assert git(project, "worktree", "list").count("\n") == 0


def test_a_project_that_does_not_synthesize(project: Path) -> None:
    (project / "broken").touch()

    done = call(project, "diff", "--base", "main")

    assert done.code == 125
    assert "the batches cannot be synthesized: batches/report/batch.py:3: it is broken" in done.err


@pytest.mark.parametrize("words", [("diff", "--base", "main"), ("list", "--local"), ("run", "report", "--local")])
def test_an_app_that_writes_no_assembly(project: Path, words: tuple[str, ...]) -> None:
    (project / "app.py").write_text("")

    done = call(project, *words)

    assert done.code == 125
    assert '"python app.py" ended well and wrote nothing to $CDK_OUTDIR. Let it call app.synth() at its' in done.err


def test_a_base_without_the_project(project: Path) -> None:
    git(project, "rm", "--quiet", "-r", ".")
    git(project, "commit", "--quiet", "--message=empty")
    declare(project, with_timeout(60))

    done = call(project, "diff", "--base", "HEAD", "--json")

    assert texts(done)[0] == "new batch, owner finance-systems: Mails yesterday's sales."
    assert json.loads(done.text)["remarks"] == ["The base has no such project: all that there is is new."]


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    folder = tmp_path / "batch jobs"
    folder.mkdir()
    commit(folder, with_timeout(60))
    declare(folder, with_timeout(120))

    assert texts(call(folder, "diff", "--base", "HEAD", "--json")) == ["timeout: 1m00s → 2m00s"]


def test_the_base_has_the_environment_that_the_project_has(project: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nexec python3 "$@"\n')
    python.chmod(0o755)
    (project / ".gitignore").write_text(".venv\n")
    commit(project, with_timeout(60), app=".venv/bin/python app.py")
    declare(project, with_timeout(120), app=".venv/bin/python app.py")

    assert texts(call(project, "diff", "--base", "HEAD", "--json")) == ["timeout: 1m00s → 2m00s"]


def test_in_no_repository(tmp_path: Path) -> None:
    declare(tmp_path, with_timeout(60))

    done = call(tmp_path, "diff", "--base", "main", env=None)

    assert done.code == 2
    assert "is in no git repository, and main is not an assembly" in done.err


def test_no_credentials_are_needed(project: Path) -> None:
    """No module of the SDK is loaded, so nothing can call AWS."""
    code = (
        "import sys; from batchwright_runner.cli import run_command; "
        "code = run_command(['diff', '--base', 'main']); "
        "sys.exit(code or any(one.partition('.')[0] in ('boto3', 'botocore') for one in sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


SECRET = {"name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:x:1:s"}


@pytest.mark.parametrize(
    ("edits", "gate"),
    [
        ({"access/task/grants/+": grant("s3:*", "*")}, "permissions"),
        ({"manifest/secrets/+": "TOKEN", "task/containerDefinitions/0/secrets/+": SECRET}, "secrets"),
    ],
)
def test_it_fails_on_what_is_asked(project: Path, edits: dict[str, object], gate: str) -> None:
    declare(project, edited(with_timeout(60), edits))

    hit = call(project, "diff", "--base", "main", "--fail-on", f"removed,{gate}")
    other = call(project, "diff", "--base", "main", "--fail-on", "replaced")

    assert (hit.code, other.code) == (1, 0)
    assert f"--fail-on {gate} (1 change)" in hit.err
    assert "batchwright: report: " in hit.err


def test_it_fails_on_a_batch_that_is_removed(project: Path) -> None:
    declare(project)

    done = call(project, "diff", "--base", "main", "--fail-on", "removed")

    assert done.code == 1
    assert "no longer declared" in done.text


def test_the_comment_goes_to_stdout_alone(project: Path) -> None:
    done = call(project, "diff", "--base", "main", "--markdown")

    assert done.text.startswith("<!-- batchwright diff: batches -->\n# What changes for the batches of batches\n")
    assert "synthesizing" in done.err
    assert call(project, "diff", "--base", "main", "--markdown", "--quiet").err == ""
