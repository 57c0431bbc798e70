"""New projects do what they promise: their own two commands, the synthesis, lint, types and tests, with every option.

They get the environment that the tests run in. ``make first-day`` installs theirs.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.kit.command import Done, call
from tests.kit.not_tried import unavailable
from tests.scaffold.project import KNOWN_PLACE, init, installed, linted, run, typed

SEVERAL = ("--stage", "dev=111111111111/cn-north-1", "--stage", "production=222222222222/us-east-1")
BATCHES = {
    "daily-report": ("--owner", 'O\'Neil "the" accountant', "--schedule", "30 2 * * 1-5"),
    "lambda": ("--language", "shell"),
    "fargate-batch": ("--language", "ruby", "--schedule", "0,30 4-6 * JAN,JUL *"),
    "close-orders": ("--image", "hello", "--schedule", "@hourly"),
    "ab": ("--image", "elsewhere", "--language", "ruby"),
    "shell-" + "x" * 34: ("--image", "hello", "--language", "shell"),
    "r" * 40: ("--schedule", f"{','.join(map(str, range(0, 59, 2)))} 1,3,5,7,9,11,14 * * *"),
}
"""All that ``new`` writes, and names that are short, long, or words of Python."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with every kind of batch, and a workflow of them."""
    folder = tmp_path_factory.mktemp("new")
    assert init(folder, "project", "--ci", "github", *KNOWN_PLACE).code == 0
    path = installed(folder / "project")
    for name, words in BATCHES.items():
        done = call(path, "new", name, *words)
        assert done.code == 0, done.err
    done = call(path, "new", "nightly", "--steps", ",".join(BATCHES), "--schedule", "30 2 * * *")
    assert done.code == 0, done.err
    return path


def test_both_of_its_commands_pass_at_once(tmp_path: Path) -> None:
    init(tmp_path, "sales", "--yes")
    path = installed(tmp_path / "sales")

    demo, tests = run(path, "make", "demo"), run(path, "make", "test")
    passes(run(path, "make", "synth"), *linted(path))

    assert (demo.code, demo.lines[-4:]) == (
        0,
        ["$ batchwright run hello --local", "Hello from hello", "$ echo $?", "0"],
    ), demo.both
    assert tests.code == 0, tests.both
    assert "1 passed" in tests.text


def test_where_nothing_can_be_installed_make_says_so_in_a_line(tmp_path: Path) -> None:
    init(tmp_path, "sales", "--yes")
    (tmp_path / "sales/.batchwright").mkdir()
    (tmp_path / "sales/.batchwright/wheels").write_text(f"{tmp_path}/gone/dist\n")

    without = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "UV_NO_INDEX": "1"}
    unreleased = run(tmp_path / "sales", "make", "demo", **without)
    done = run(tmp_path / "sales", "make", "demo", **without, PIP_INDEX_URL="http://127.0.0.1:9")

    assert unreleased.code == 2
    assert "make: batchwright[cdk,local]==0.1.0 is not released, so anybody may own its name." in unreleased.err
    begins, ends, makes_own = done.err.splitlines()
    assert begins == "make: installing what pyproject.toml pins into .venv ..."
    assert ends.startswith("make: what pyproject.toml pins cannot be installed: there is no pip==")
    assert "PIP_FIND_LINKS. All that it said: .venv/install.log" in ends
    assert makes_own.startswith("make: *** ")


@pytest.mark.parametrize("folder", ["a checkout", "wheels"])
def test_make_finds_the_wheel_that_init_wrote_down_and_builds_it_in_a_checkout(tmp_path: Path, folder: str) -> None:
    init(tmp_path, "sales", "--yes")
    path, wheels = tmp_path / "sales", tmp_path / "my checkout" / "dist"
    wheels.mkdir(parents=True)
    if folder == "a checkout":
        (wheels.parent / "pyproject.toml").write_text('[project]\nname = "batchwright"\n')
    (path / ".batchwright").mkdir()
    (path / ".batchwright/wheels").write_text(f"{wheels}\n")
    (tmp_path / "bin").mkdir()
    fakes = {
        "python3": f'echo "$PIP_FIND_LINKS | $*" >>{tmp_path}/log; mkdir -p .venv/bin; cp "$0" .venv/bin/python; :',
        "uv": f'echo "$UV_FIND_LINKS | uv $*" >>{tmp_path}/log',
    }
    for name, does in fakes.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / "bin" / name).chmod(0o755)

    done = run(path, "make", "install", PATH=f"{tmp_path}/bin:{os.environ['PATH']}", PIP_FIND_LINKS="/others")

    assert done.code == 0, done.both
    calls = (tmp_path / "log").read_text().splitlines()
    link = f"file://{str(wheels).replace(' ', '%20')}"
    assert calls[-1].startswith(f"/others,{link} | uv pip install")
    builds = [call for call in calls if f"wheel --no-deps --wheel-dir {wheels} {wheels.parent}" in call]
    assert len(builds) == (1 if folder == "a checkout" else 0)


def test_the_runner_of_the_machine_does_too(project: Path) -> None:
    done = call(project, "run", "daily-report", "--local")

    assert (done.code, done.lines) == (0, ["Hello from daily-report"]), done.err


def test_every_option_synthesizes_and_is_formatted_and_linted(tmp_path: Path) -> None:
    init(tmp_path, "p", "--ci", "circleci", "--project", "ab", *SEVERAL, "--subnets", "dev=/network/subnets")
    path = installed(tmp_path / "p")

    passes(*synthesized(path), *linted(path))


def test_every_batch_synthesizes(project: Path) -> None:
    done = synthesized(project)

    passes(*done)
    assert {f"cdk.out/project-staging-{name}.template.json" for name in BATCHES} <= set(done[0].lines)
    workflow = json.loads((project / "cdk.out/workflows/staging/nightly.json").read_text())
    assert (workflow["workflow"]["steps"], workflow["package"]) == ([*BATCHES], "batches/nightly")
    assert workflow["workflow"]["schedule"] == "30 2 * * * UTC"


def synthesized(project: Path) -> list[Done]:
    """The project's app, and the one of its callers."""
    done = [run(project, "make", "synth")]
    if (project / "callers.py").exists():
        done.append(run(project, ".venv/bin/python", "callers.py", CDK_OUTDIR="cdk.out/callers"))
    return done


def passes(*done: Done) -> None:
    """Fails with all output, unless all ended with 0."""
    assert [step.code for step in done] == [0] * len(done), "\n".join(step.both for step in done)


def test_every_batch_is_formatted_linted_and_typed(project: Path) -> None:
    passes(*linted(project), typed(project))


def test_a_wrong_argument_is_found_by_its_types(tmp_path: Path) -> None:
    init(tmp_path, "p", "--ci", "none")
    path = installed(tmp_path / "p")
    declaration = path / "batches/hello/batch.py"
    declaration.write_text(declaration.read_text().replace("timeout=Duration.minutes(15)", "cpus=256"))

    assert 'Unexpected keyword argument "cpus"' in typed(path).text


def test_the_tests_of_every_batch_pass(project: Path) -> None:
    done = run(project, "make", "test")

    assert done.code == 0, done.both
    assert "failed" not in done.text


def test_ci_pushes_each_image_from_the_folder_that_builds_it(project: Path) -> None:
    if shutil.which("jq") is None:
        unavailable("jq", "it is not installed", "apt-get install jq")
    run(project, "make", "synth")
    workflow = (project / ".github/workflows/batches.yml").read_text(encoding="utf-8")
    step = f"images={workflow.partition('images=')[2].partition('echo')[0]}"

    done = run(project, "bash", "-e", "-c", f'{step}\necho "$images"')
    shutil.rmtree(project / "cdk.out/batches/staging")
    empty = run(project, "bash", "-e", "-c", f'{step}\necho "$images"')

    assert (empty.code, empty.text) == (0, "[]\n"), "a stage may have no batches"
    assert '{"name":"hello","folder":"batches/hello"}' in done.text
    assert '{"name":"lambda","folder":"batches/lambda_"}' in done.text
    assert "elsewhere" not in done.text
