"""What SECURITY.md says of what runs with production rights: whose code that is, what it writes and what it starts."""

import re
import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import LONGEST, variables
from tests.kit.command import call
from tests.kit.projects import declared, make_project
from tests.runner.commands.verbs import VERBS
from tests.stories.story import start_task

STAGE = ("-s", "staging")
PAGE = Path(__file__).parents[2].joinpath("SECURITY.md").read_text(encoding="utf-8")
SECTION = " ".join(PAGE.partition("## What runs on a scheduler's host")[2].partition("\n## ")[0].split())
TRACE = """
import os, sys
trace = os.open(os.environ["TRACE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty")
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")

def hook(event, args):
    if event == "open" and not isinstance(args[0], int):
        path, mode, flags = args
        if set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            os.write(trace, f"write {os.fsdecode(path)}\\n".encode())
    elif event in STARTS:
        os.write(trace, f"start {event} {args[0] if args else ''}\\n".encode())
    elif event in CHANGES:
        os.write(trace, f"write {args[0]}\\n".encode())

sys.addaudithook(hook)
"""
"""A sitecustomize module that notes each file that Python opens for writing or changes, and each program it starts."""


def traced(aws: AwsServer, folder: Path, *words: str) -> list[str]:
    """What a run wrote and started, but for its own stdout and stderr."""
    (folder / "hooks").mkdir()
    (folder / "hooks" / "sitecustomize.py").write_text(TRACE)
    (folder / "home").mkdir()
    aws.deploy(sample_manifest(), Script(lines=lines("ready")))
    env = {"PYTHONPATH": str(folder / "hooks"), "PYTHONDONTWRITEBYTECODE": "1", "TRACE": str(folder / "trace")}
    given, run = variables(aws, folder / "home", env=env), ("run", "daily-report", *STAGE, *words)
    done = call(folder / "home", *run, env=given, seconds=LONGEST, really=True)
    assert done.code == 0, done.both
    noted = (folder / "trace").read_text().splitlines()
    return [line for line in noted if not re.match(r"write (/dev/null|/proc/self/fd/[12])$", line)]


def test_a_run_writes_no_file_and_starts_no_program(aws: AwsServer, tmp_path: Path) -> None:
    assert traced(aws, tmp_path) == []
    assert "It writes no file but the one that `--result` names" in SECTION
    assert "It starts no program" in SECTION


def test_the_one_file_that_a_run_writes_is_its_result(aws: AwsServer, tmp_path: Path) -> None:
    written = traced(aws, tmp_path, "--result", str(tmp_path / "result.json"))

    assert written
    assert {line.partition(".batchwright-")[0] for line in written} == {f"write {tmp_path}/"}
    assert (tmp_path / "result.json").is_file()


def test_the_dependencies_of_the_runner_are_those_that_are_named() -> None:
    named = re.search(r"It has two dependencies, (.*?)\. `requirements", SECTION)
    assert named

    words = set(re.findall(r"[a-z][a-z0-9-]+", named[1].replace("`host/aws/client.py`", "")))
    assert needed_by("batchwright") - words == set()
    assert words & {"boto3", "click", "urllib3"} <= needed_by("batchwright")


def needed_by(name: str) -> set[str]:
    """What a distribution needs without its extras, and what that needs."""
    wanted = [Requirement(line) for line in requires(name) or ()]
    own = {one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}
    return own.union(*(needed_by(one) for one in own))


def test_the_verbs_that_run_the_code_of_a_folder_are_those_that_are_named(aws: AwsServer, tmp_path: Path) -> None:
    found = re.search(r"these run its app[^:]*: ([^.]*)\.", SECTION)
    assert found
    aws.deploy(sample_manifest("daily-report"), Script(lines=lines("ready"), exit_code=3))
    start_task(aws, startedBy="night")
    tried = {
        **{verb: (verb, *words) for verb, (words, _, _) in VERBS.items()},
        "run --local": ("run", "hello", "--local"),
        "params set": ("params", "set", "daily-report", "TOKEN", *STAGE),
        "diff": ("diff", "--base", "HEAD"),
    }

    ran = {name for name, words in tried.items() if runs_the_app(aws, tmp_path / name.replace(" ", "_"), *words)}

    assert ran == set(re.findall(r"`([a-z -]+)`", found[1]))


def runs_the_app(aws: AwsServer, folder: Path, *words: str) -> bool:
    """Whether a command runs the app of the project in its folder."""
    folder.mkdir()
    make_project(folder, declared("hello", "true"), stages={"staging": {"account": "111111111111"}})
    ran = folder.with_suffix(".ran")
    app = folder / "app.py"
    app.write_text(f"open({str(ran)!r}, 'w')\n{app.read_text()}")
    for git in (["init", "--quiet"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *git], cwd=folder, check=True, capture_output=True)
    (folder / "declared.json").write_text("{}")  # since the commit
    call(folder, *words, env=variables(aws, folder), seconds=LONGEST)
    return ran.exists()


@pytest.mark.parametrize("words", [("run", "daily-report", *STAGE), ("verify", *STAGE)])
def test_a_host_verb_reads_a_folder_as_data(aws: AwsServer, tmp_path: Path, words: tuple[str, ...]) -> None:
    aws.deploy(sample_manifest(), Script(lines=lines("ready")))

    assert not runs_the_app(aws, tmp_path / "project", *words)
