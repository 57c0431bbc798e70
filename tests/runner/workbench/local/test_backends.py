import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pytest

from batchwright_runner.commands.run_locally import parse_images
from batchwright_runner.errors import StartError
from batchwright_runner.host.runs.run_options import Backend
from batchwright_runner.workbench.local.backends import UnusableError, choose_backend, find_engine
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import NoSdkError


class FakeEngine:
    def __init__(self, name: str) -> None:
        self.name = name


Answer = Engine | Exception
ABSENT = UnusableError("not there", present=False)
BROKEN = UnusableError("permission denied")


def works(name: str) -> Engine:
    return cast("Engine", FakeEngine(name))


def finds(answers: Mapping[str, Answer]) -> Callable[[str], Engine]:
    def find(kind: str) -> Engine:
        answer = answers[kind]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return find


DOCKER, PODMAN = works("Docker 1"), works("Podman 2")
TOLD = "Docker is on this machine, but cannot be used: permission denied"


@pytest.mark.parametrize(
    ("asked", "answers", "where", "notes"),
    [
        ("auto", {"docker": DOCKER}, "in Docker 1", ()),  # Podman is not even looked for
        ("auto", {"docker": ABSENT, "podman": PODMAN}, "in Podman 2", ()),
        ("auto", {"docker": ABSENT, "podman": ABSENT}, "as a process", ()),
        ("auto", {"docker": BROKEN, "podman": PODMAN}, "in Podman 2", (TOLD,)),
        ("auto", {"docker": BROKEN, "podman": BROKEN}, "as a process", (TOLD, TOLD.replace("Docker", "Podman"))),
        ("podman", {"podman": PODMAN}, "in Podman 2", ()),
        ("process", {}, "as a process", ()),
    ],
)
def test_docker_comes_first_then_podman_and_only_what_is_needed_is_looked_at(
    asked: Backend, answers: Mapping[str, Answer], where: str, notes: tuple[str, ...]
) -> None:
    found = choose_backend(asked, finds(answers))

    assert (found.where, found.notes, found.named) == (where, notes, asked != "auto")


@pytest.mark.parametrize("answer", [ABSENT, BROKEN])
def test_one_that_was_asked_for_by_name_must_answer(answer: UnusableError) -> None:
    with pytest.raises(StartError, match=rf"Podman cannot be used: {answer}") as caught:
        choose_backend("podman", finds({"podman": answer}))

    assert caught.value.exit_code == 126


def test_a_runner_that_can_speak_to_no_engine_says_so_once_and_what_to_install() -> None:
    error = NoSdkError("containers cannot be used: the Docker SDK is not installed", hint="Install it")
    unspoken = finds(dict.fromkeys(("docker", "podman"), error))

    assert choose_backend("auto", unspoken).notes == (str(error),)
    with pytest.raises(StartError, match=r"^containers cannot be used: the Docker SDK is not installed\. Install it$"):
        choose_backend("docker", unspoken)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:99999", "Port out of range 0-65535"),
        ("tcp://", "Invalid bind address format: tcp://"),
        ("ssh://host", "only unix:// and tcp:// are understood"),
    ],
)
def test_an_address_where_no_docker_is_makes_the_next_one_the_choice(address: str, why: str) -> None:
    with pytest.raises(UnusableError, match=re.escape(why)) as caught:
        find_engine("docker", {"DOCKER_HOST": address})

    assert caught.value.present


def test_a_podman_whose_api_is_not_served_says_how_to_serve_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("podman").touch(mode=0o755)
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    served = "its API is not served at unix:///run/user/1000/podman/podman.sock: systemctl --user start podman.socket"
    for path, problem, present in ((str(tmp_path), served, True), ("", "podman was not found on PATH", False)):
        with pytest.raises(UnusableError, match=f"^{problem}$") as caught:
            find_engine("podman", {"PATH": path, "XDG_RUNTIME_DIR": "/run/user/1000"})
        assert caught.value.present is present


@pytest.mark.parametrize(
    ("address", "why"),
    [("tcp://127.0.0.1:99999", "Port out of range 0-65535"), ("ssh://host", "only unix:// and tcp:// are understood")],
)
def test_podmans_own_variable_says_where_it_is(address: str, why: str) -> None:
    with pytest.raises(UnusableError, match=re.escape(why)):
        find_engine("podman", {"CONTAINER_HOST": address})


def test_an_image_is_the_main_containers_unless_it_names_another() -> None:
    assert parse_images(["host:5/a:1", "side=b:2"]) == {"": "host:5/a:1", "side": "b:2"}
