"""The options of local runs, as far as they need no engine."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from batchwright_runner._version import __version__
from batchwright_runner.contract.installed import requirement
from tests.kit.command import Done, call, environment
from tests.kit.projects import declared, make_project

FIRST = f"batchwright: {__version__}: batch hello, stage local, on this machine, "
NO_DOCKER = "unix:///nowhere/docker.sock"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path, declared("hello", "echo", "hi"))


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH without engines."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("sh", "echo"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def run(root: Path, *arguments: str, **variables: str) -> Done:
    return call(root, "run", "hello", "--local", *arguments, env=environment(**variables))


def test_a_process_by_the_variable_and_by_the_option(root: Path) -> None:
    by_variable = run(root, BATCHWRIGHT_BACKEND="process")
    by_option = run(root, "--backend", "process", BATCHWRIGHT_BACKEND="docker", DOCKER_HOST=NO_DOCKER)

    for done in (by_variable, by_option):
        assert (done.code, done.out) == (0, b"hi\n")
        assert done.err.startswith(f"{FIRST}as a process\n")


def test_a_named_engine_that_does_not_answer_is_126(root: Path) -> None:
    done = run(root, "--backend", "docker", DOCKER_HOST=NO_DOCKER)

    assert (done.code, done.out) == (126, b"")
    assert f"Docker cannot be used: {NO_DOCKER}: No such file or directory" in done.err
    assert done.last == "batchwright: exit 126: the batch never started"


def test_dockers_current_context_is_the_engine_that_is_taken(root: Path, tmp_path: Path) -> None:
    name = hashlib.sha256(b"mine").hexdigest()
    folder = tmp_path / "docker" / "contexts" / "meta" / name
    folder.mkdir(parents=True)
    endpoint = {"docker": {"Host": NO_DOCKER, "SkipTLSVerify": False}}
    (folder / "meta.json").write_text(json.dumps({"Name": "mine", "Metadata": {}, "Endpoints": endpoint}))
    (tmp_path / "docker" / "config.json").write_text(json.dumps({"currentContext": "mine"}))
    own = {"DOCKER_HOST": "", "DOCKER_CONFIG": str(tmp_path / "docker")}
    taken = run(root, "--backend", "docker", **own)
    missing = run(root, "--backend", "docker", DOCKER_CONTEXT="other", **own)

    assert f"Docker cannot be used: {NO_DOCKER}: No such file" in taken.err
    assert "Docker's context other has no address" in missing.err


def test_broken_engines_are_told_of_and_a_process_runs(root: Path, programs: Path) -> None:
    here = {"DOCKER_HOST": NO_DOCKER, "CONTAINER_HOST": "unix:///no/podman.sock", "PATH": str(programs)}
    done = run(root, BATCHWRIGHT_BACKEND="auto", **here)

    assert (done.code, done.out) == (0, b"hi\n")
    assert done.err.startswith(f"{FIRST}as a process\n")
    assert f"Docker is on this machine, but cannot be used: {NO_DOCKER}: No such file or directory" in done.err
    assert "Podman is on this machine, but cannot be used: unix:///no/podman.sock: No such file" in done.err


def test_without_the_sdk_the_command_that_installs_it_is_told(root: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "docker.py").write_text("raise ImportError('No module named docker')")
    done = run(root, "--backend", "docker", DOCKER_HOST=NO_DOCKER, PYTHONPATH=str(missing))

    assert done.code == 126
    assert f"uv tool install {requirement('local')}" in done.err


@pytest.mark.parametrize("options", [["--cpu", "512", "--memory", "1024"], ["--image", "x"], ["--network", "x"]])
def test_a_process_has_no_size_no_image_and_no_network_of_its_own(root: Path, options: list[str]) -> None:
    done = run(root, *options)

    assert done.code == 2
    assert f"{options[0]} cannot be combined with --local as a plain process" in done.err


def test_a_size_that_fargate_does_not_have_is_refused(root: Path) -> None:
    done = run(root, "--cpu", "300", "--memory", "1024")

    assert done.code == 2
    assert "--cpu 300 is refused: Fargate has 256, 512" in done.err


@pytest.mark.parametrize("options", [["--detach"], ["--dry-run"], ["--on-signal", "leave"]])
def test_what_is_for_fargate_only_is_refused(root: Path, options: list[str]) -> None:
    done = run(root, *options)

    assert done.code == 2
    assert "cannot be combined with --local: it is for runs on Fargate. Leave one of them out" in done.err


ELSEWHERE = (
    "--backend docker, --image x, --image side=, --without x, --network x, --aws-profile p, --use-values, "
    "--use-task-role, --record-permissions, --parallelism 2"
)


@pytest.mark.parametrize("option", ELSEWHERE.split(", "))
def test_what_is_for_local_runs_only_is_refused_elsewhere(root: Path, option: str) -> None:
    done = call(root, "run", "hello", "-s", "staging", *option.split())

    assert done.code == 2
    assert f"{option.split()[0]} goes only with --local" in done.err


def profile(tmp_path: Path) -> dict[str, str]:
    credentials = tmp_path / "credentials"
    credentials.write_text("[mine]\naws_access_key_id = AKIDMINE\naws_secret_access_key = hush\n")
    return {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_CONFIG_FILE": os.devnull}


def test_credentials_are_passed_only_when_asked_for(tmp_path: Path) -> None:
    root = make_project(
        tmp_path, declared("hello", "sh", "-c", "echo $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_REGION")
    )
    own = {"AWS_ACCESS_KEY_ID": "AKIDSHELL", "AWS_SECRET_ACCESS_KEY": "s", **profile(tmp_path)}

    assert run(root, **own).out == b"\n"
    assert run(root, "--aws-profile", "mine", **own).out == b"AKIDMINE hush ap-northeast-1\n"


def test_a_profile_that_does_not_exist_is_an_error(root: Path, tmp_path: Path) -> None:
    done = run(root, "--aws-profile", "other", **profile(tmp_path))

    assert (done.code, done.out) == (125, b"")
    assert "profile other cannot be used" in done.err


def test_the_result_names_the_backend(root: Path, tmp_path: Path) -> None:
    run(root, "--result", str(tmp_path / "result.json"))

    assert '"backend": "process"' in (tmp_path / "result.json").read_text()


@pytest.mark.parametrize("words", [["production"], ["production", "--", "echo", "other"]])
def test_a_word_too_many_is_no_command(root: Path, words: list[str]) -> None:
    done = run(root, *words)

    assert (done.code, done.out) == (2, b"")
    assert "unexpected argument 'production': a command for this run comes after --" in done.err


def test_all_that_comes_after_the_dashes_is_the_command(root: Path) -> None:
    done = call(
        root, "run", "--local", "hello", "--", "echo", "--", "-e", env=environment(BATCHWRIGHT_BACKEND="process")
    )

    assert (done.code, done.lines[-1]) == (0, "-- -e"), done.err
