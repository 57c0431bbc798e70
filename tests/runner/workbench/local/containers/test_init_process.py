"""Podman without the program for an init process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.init_process import PROGRAM, check_init
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan
from tests.runner.workbench.local.containers.test_task_plan import plan

MISSING = 'container create: lookup init binary: exec: "catatonit": executable file not found in $PATH'


def with_init() -> TaskPlan:
    return plan(linuxParameters={"initProcessEnabled": True})


@dataclass
class Engine:
    """An engine that makes containers, with or without an init process."""

    kind: str = "podman"
    has: bool = False
    name: str = "Podman 5.4.2"
    architecture: str = "amd64"
    calls: list[str] = field(default_factory=list)

    def image(self, reference: str) -> object | None:
        del reference
        return None

    def load(self, layer: bytes, repository: str, tag: str, command: Sequence[str]) -> None:
        del layer, command
        self.calls.append(f"load {repository}:{tag}")

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        assert body["HostConfig"] == {"Init": True}
        assert body["Labels"] == {"l": "v"}
        if not self.has:
            raise EngineError(MISSING, 500)
        self.calls.append(f"create {name}")
        return name

    def remove(self, container: str) -> None:
        self.calls.append(f"remove {container}")


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path)}


def test_it_is_an_error_before_anything_starts_that_says_what_to_install(nowhere: dict[str, str]) -> None:
    with pytest.raises(StartError) as caught:
        check_init(with_init(), Engine(), nowhere, folders=())

    said = str(caught.value)
    assert said.startswith(
        "the containers cannot be started in Podman 5.4.2: they declare an init process, for which it "
    )
    assert MISSING in said
    assert "apt-get install catatonit" in said


def test_podman_that_has_it_elsewhere_is_believed_and_nothing_is_left(nowhere: dict[str, str]) -> None:
    engine = Engine(has=True)
    check_init(with_init(), engine, nowhere, folders=())

    assert engine.calls[1:] == ["create p-init", "remove p-init"]


def test_nothing_is_asked_where_none_is_declared_or_docker_brings_its_own(nowhere: dict[str, str]) -> None:
    for engine, task in ((Engine(), plan()), (Engine(kind="docker"), with_init())):
        check_init(task, engine, nowhere, folders=())

        assert engine.calls == []


def test_nothing_is_asked_where_it_is_in_its_place_unless_the_settings_are_changed(tmp_path: Path) -> None:
    (tmp_path / PROGRAM).touch(mode=0o755)
    check_init(with_init(), Engine(), {"PATH": "/none"}, folders=(str(tmp_path),))
    check_init(with_init(), Engine(), {"PATH": str(tmp_path)}, folders=())

    with pytest.raises(StartError):
        check_init(with_init(), Engine(), {"PATH": str(tmp_path), "CONTAINERS_CONF_OVERRIDE": "x"}, folders=())
