"""``batchwright init`` as a command: what it writes, what it leaves, what it says, what it refuses."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from batchwright_runner.contract.installed import requirement
from batchwright_runner.workbench.scaffold.names import project_name
from tests.kit.command import call, environment
from tests.scaffold.project import KNOWN_PLACE, contents, init, walk

ROOT = Path(__file__).parents[2]
PROJECT = {
    ".gitignore",
    "Makefile",
    "README.md",
    "app.py",
    "batches/README.md",
    "batches/__init__.py",
    "batches/hello/.dockerignore",
    "batches/hello/Dockerfile",
    "batches/hello/__init__.py",
    "batches/hello/app/main.py",
    "batches/hello/batch.py",
    "batches/hello/local.env.example",
    "batches/hello/test_hello.py",
    "cdk.json",
    "pyproject.toml",
}
CI = {
    "github": {".github/workflows/batches.yml", ".github/dependabot.yml", "batchwright.ci.toml", "callers.py"},
    "circleci": {".circleci/config.yml", "batchwright.ci.toml", "callers.py"},
    "none": set(),
}


@pytest.mark.parametrize("ci", CI)
def test_it_writes_a_project_with_its_ci(tmp_path: Path, ci: str) -> None:
    done = init(tmp_path, "sales", "--ci", ci, "--yes")

    assert done.code == 0, done.err
    assert set(contents(tmp_path / "sales")) == PROJECT | CI[ci]


def test_it_ends_with_the_next_three_commands(tmp_path: Path) -> None:
    done = init(tmp_path, "my sales", *KNOWN_PLACE)

    assert done.out == b""
    assert done.err.splitlines()[-5:-1] == [
        "batchwright: next:",
        "             cd 'my sales'",
        "             make demo",
        "             make test",
    ]


def test_what_is_given_is_in_cdk_json(tmp_path: Path) -> None:
    init(
        tmp_path,
        *("--project", "shop", "--ci", "none", "--stage", "dev=111111111111/eu-west-1"),
        *("--stage", "production=222222222222/us-east-1", "--subnets", "dev=subnet-1,subnet-2"),
        *("--subnets", "production=ssm:/network/subnets"),
    )

    context = json.loads((tmp_path / "cdk.json").read_text())["context"]
    assert context["project"] == "shop"
    assert context["registry"] == {"account": "111111111111", "region": "eu-west-1"}
    assert context["stages"] == {
        "dev": {"account": "111111111111", "region": "eu-west-1", "subnets": ["subnet-1", "subnet-2"]},
        "production": {"account": "222222222222", "region": "us-east-1", "subnets": "ssm:/network/subnets"},
    }


@pytest.mark.parametrize(
    ("words", "tz", "zone"),
    [
        ((), "Asia/Tokyo", "Asia/Tokyo"),
        (("--stage", "dev=111111111111/ap-northeast-1", "--timezone", "Europe/Paris"), "Asia/Tokyo", "Europe/Paris"),
        (("--timezone", "UTC"), "Asia/Tokyo", "UTC"),
    ],
)
def test_the_time_zone_of_schedules_is_in_cdk_json_and_in_the_last_line(
    tmp_path: Path, words: tuple[str, ...], tz: str, zone: str
) -> None:
    done = call(tmp_path, "init", "--yes", *words, env=environment(TZ=tz))
    again = call(tmp_path, "init", "--yes", env=environment(TZ="America/New_York"))

    assert json.loads((tmp_path / "cdk.json").read_text())["context"]["timezone"] == zone
    for written in (done, again):
        assert written.err.splitlines()[-1] == (
            f"batchwright: schedules that name no time zone are in {zone}: timezone in cdk.json"
        )


def test_what_is_not_known_is_named_with_the_files_that_hold_it(tmp_path: Path) -> None:
    done = init(tmp_path, "--ci", "none")

    assert (
        "to fill in before the first deployment: 000000000000 and subnet-00000000, in cdk.json, README.md" in done.err
    )


def test_where_all_is_known_nothing_is_to_fill_in(tmp_path: Path) -> None:
    done = init(tmp_path, *KNOWN_PLACE)

    assert "to fill in" not in done.err
    assert done.err.splitlines()[-2] == "             batchwright new BATCH"  # the third command, in this folder
    assert not [path for path in walk(tmp_path) if "00000000" in path.read_text(encoding="utf-8")]


def test_files_that_exist_are_left_as_they_are(tmp_path: Path) -> None:
    for path in PROJECT | CI["github"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"mine: {path}")
    before = contents(tmp_path)

    done = init(tmp_path, "--ci", "github", "--yes")

    after = contents(tmp_path)
    assert done.code == 0, done.err
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {"batches/.gitignore"}


def test_a_second_time_it_writes_nothing(tmp_path: Path) -> None:
    init(tmp_path, "--ci", "circleci")
    before = contents(tmp_path)

    done = init(tmp_path, "--project", "other", "--timezone", "Asia/Tokyo", "--ci", "circleci")

    assert contents(tmp_path) == before
    lines = done.err.splitlines()
    assert lines[:2] + lines[-5:] == [
        "batchwright: not used: --project and --timezone. cdk.json exists and is left as it is",
        f"batchwright: project {project_name(tmp_path.name)}: all its files exist in {tmp_path}. Nothing was written",
        "batchwright: next:",
        "             make demo",
        "             make test",
        "             batchwright new BATCH",
        "batchwright: schedules that name no time zone are in UTC: timezone in cdk.json",
    ]


@pytest.mark.parametrize("ci", CI)
def test_a_file_that_is_missing_is_written_again_as_the_project_says_itself(tmp_path: Path, ci: str) -> None:
    init(tmp_path, "sales", *KNOWN_PLACE, "--ci", ci)
    before = contents(tmp_path)
    (tmp_path / "sales/README.md").unlink()

    done = init(tmp_path / "sales")

    assert contents(tmp_path) == before, done.err
    assert f"batchwright: project sales: 1 new file in {tmp_path / 'sales'}\n" in done.err


def test_a_makefile_of_ones_own_is_not_taken_for_the_project_s(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n")

    assert "python3 -m venv .venv && .venv/bin/pip install" in init(tmp_path, *KNOWN_PLACE).err


@pytest.mark.parametrize("beside", [True, False])
def test_it_says_what_three_files_need_whether_they_were_there_or_not(tmp_path: Path, beside: bool) -> None:
    if beside:
        (tmp_path / "cdk.json").write_text('{"app": "python3 app.py", "context": {"mine": true}}')
        (tmp_path / "app.py").write_text("import aws_cdk\n\napp = aws_cdk.App()\napp.synth()\n")
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\n')
        (tmp_path / ".gitignore").write_text("cdk.out\n.venv/\n")

    done = init(tmp_path, *KNOWN_PLACE, "--project", "shop")

    left = "batchwright: left as they are: cdk.json, app.py, pyproject.toml, .gitignore\n"
    assert (left in done.err) is beside
    lines = done.err[done.err.index("a file of your own needs its line:\n") :].splitlines()
    assert lines[1] == (
        "             .gitignore: local.env __pycache__/ /.batchwright/ /.mypy_cache/ /.pytest_cache/ /.ruff_cache/ "
        "/.venv/ /cdk.context.json /cdk.out/ /node_modules/"
    )
    assert re.fullmatch(r' +pyproject\.toml: "batchwright\[cdk,local\].*", "aws-cdk-lib==[0-9.]+"', lines[3])
    told = json.loads("{" + lines[2].partition(": ")[2] + "}")["context"]
    assert lines[2].startswith('             cdk.json: "context": {')
    assert (told["project"], told["stages"]["staging"]["account"]) == ("shop", "111111111111")
    if not beside:
        written = json.loads((tmp_path / "cdk.json").read_text())["context"]
        assert told.items() <= written.items()


def test_beside_an_app_in_another_language_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "npx ts-node --prefer-ts-exts bin/shop.ts"}')

    done = init(tmp_path)

    assert done.code == 2
    assert "its cdk.json belongs to an app that is not in Python. Make it in a folder of its own" in done.err
    assert set(contents(tmp_path)) == {"cdk.json"}


def test_a_project_with_batches_gets_no_first_one(tmp_path: Path) -> None:
    (tmp_path / "batches/mine").mkdir(parents=True)
    (tmp_path / "batches/mine/batch.py").write_text("")

    init(tmp_path)

    assert not (tmp_path / "batches/hello").exists()


@pytest.mark.parametrize("ci", ["github", "circleci"])
def test_below_the_top_of_a_repository_ci_is_at_the_top_and_works_below(tmp_path: Path, ci: str) -> None:
    (tmp_path / ".git").mkdir()

    init(tmp_path, "tools/batches", "--ci", ci)

    files = contents(tmp_path)
    assert CI[ci] - {"batchwright.ci.toml", "callers.py"} <= set(files)
    assert "tools/batches/callers.py" in files
    (workflow,) = [path for path in CI[ci] if path.endswith(("batches.yml", "config.yml"))]
    expected = "working-directory: tools/batches" if ci == "github" else "cd tools/batches && make check"
    assert expected in (tmp_path / workflow).read_text()


def test_a_repository_with_circleci_gets_no_workflow_of_github(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".circleci").mkdir()

    init(tmp_path, "--yes")

    assert not (tmp_path / ".github").exists()
    assert (tmp_path / ".circleci/config.yml").is_file()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--project", "My-Sales"], "'My-Sales' is not a name for a project"),
        (["--stage", "staging"], "--stage staging cannot be read"),
        (["--subnets", "subnet-1"], "--subnets needs a --stage"),
        ([*KNOWN_PLACE, "--subnets", "subnet-1 subnet-2"], "'subnet-1 subnet-2' is neither a list of subnets"),
        (["--timezone", "tokyo"], "time zone 'tokyo' is not known; allowed: a name of the IANA database"),
        (["--ci", "jenkins"], "'jenkins' is not one of"),
        (["file/below"], "is not a folder. Name another folder"),
        (["/proc/sales"], "/proc"),
        (["one", "two"], "unexpected extra argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_error_and_nothing_is_written(tmp_path: Path, words: list[str], why: str) -> None:
    (tmp_path / "file").write_text("mine")

    done = init(tmp_path, "--yes", *words)

    assert done.code == 2, done.err
    assert why in done.err
    assert "Traceback" not in done.err
    assert set(contents(tmp_path)) == {"file"}


def test_one_that_is_not_from_an_index_has_make_build_its_wheel_and_nothing_is_to_be_set(tmp_path: Path) -> None:
    done = call(tmp_path, "init", env=environment(PIP_FIND_LINKS=""))

    assert f"this batchwright is not from an index: make builds its wheel in {ROOT / 'dist'}\n" in done.err
    assert done.err.splitlines()[-4] == "             make demo"
    assert (tmp_path / ".batchwright/wheels").read_text() == f"{ROOT / 'dist'}\n"


def test_where_make_is_not_the_projects_own_it_says_how_to_install_this_batchwright(tmp_path: Path) -> None:
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/Makefile").write_text("all:\n")

    done = call(tmp_path, "init", "sales", env=environment(PIP_FIND_LINKS=""))

    assert f"&& .venv/bin/pip install {requirement('cdk,local')}\n" in done.err
    assert not (tmp_path / "sales/.batchwright").exists()


def test_what_git_adds_holds_no_secret_and_nothing_that_was_built(tmp_path: Path) -> None:
    init(tmp_path, "--ci", "github")
    assert secrets_and_output(tmp_path) == set()


def test_that_holds_beside_a_gitignore_of_ones_own_as_far_as_secrets_go(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    init(tmp_path, "--ci", "github")

    assert "batches/hello/local.env" not in secrets_and_output(tmp_path)


def secrets_and_output(project: Path) -> set[str]:
    """What git would take of a secret and of what a run, a synthesis and an installation leave behind."""
    ignored = {
        "batches/hello/local.env",
        ".batchwright/assembly/local/manifest.json",
        "cdk.out/manifest.json",
        ".venv/pyvenv.cfg",
        "node_modules/aws-cdk/index.js",
        "batches/hello/__pycache__/batch.cpython-313.pyc",
        ".mypy_cache/x",
        ".ruff_cache/x",
        ".pytest_cache/x",
    }
    for path in ignored:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("hunter2")
    git = ["git", "-C", str(project)]
    subprocess.run([*git, "init", "--quiet"], check=True, env=environment())
    subprocess.run([*git, "add", "-A"], check=True, env=environment())
    listed = subprocess.run([*git, "ls-files"], check=True, env=environment(), capture_output=True, text=True)
    assert "batches/hello/local.env.example" in listed.stdout
    return ignored & set(listed.stdout.splitlines())
