import re
from dataclasses import replace
from typing import Any

import pytest

from batchwright import HealthCheck, Sidecar
from batchwright.task.checks import check_words
from batchwright.task.container import Container
from batchwright.task.container_checks import check_shares, check_sidecars
from batchwright.task.containers import log_configuration, main_container, main_waits_for, sidecar_container
from tests.kit.rows import each_row
from tests.library.support import refusal, written

IMAGE = "example.com/x:1"
LOG = log_configuration("/b/s/x", "eu-west-1")
AGENT = Sidecar(name="agent", image="example.com/agent:1")
CHECK = HealthCheck(command=["CMD", "/check"])
LOG_CONFIGURATION = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/b/s/x",
        "awslogs-region": "eu-west-1",
        "awslogs-stream-prefix": "run",
        "mode": "blocking",
    },
}


def test_the_least_main_container() -> None:
    assert main_container(IMAGE, None, Container(), LOG, {}, []) == {
        "name": "main",
        "image": "example.com/x:1",
        "essential": True,
        "stopTimeout": 30,
        "readonlyRootFilesystem": False,
        "logConfiguration": LOG_CONFIGURATION,
        "linuxParameters": {"initProcessEnabled": True},
    }


def test_the_least_sidecar() -> None:
    assert sidecar_container(AGENT, LOG, [{"name": "A", "valueFrom": "arn"}]) == {
        "name": "agent",
        "image": "example.com/agent:1",
        "essential": False,
        "readonlyRootFilesystem": False,
        "logConfiguration": LOG_CONFIGURATION,
    }


def test_order_of_a_declaration_does_not_change_the_container() -> None:
    def container(*names: str) -> dict[str, Any]:
        given = Container(
            ulimits={{"A": "core", "B": "nofile"}[name]: 1 for name in names},
            writable_paths={f"/{name}": 1 for name in names},
            volumes={name.lower() * 2: f"/{name}" for name in names},
        )
        return main_container(IMAGE, None, given, LOG, dict.fromkeys(names, "x"), [])

    assert container("A", "B") == container("B", "A")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("python x", "command: 'python x' was given; allowed: a list of strings"),
        (["sleep", 3], "command: ['sleep', 3] was given; allowed: a list of strings"),
    ],
)
def test_a_command_is_a_list_of_strings(command: Any, message: str) -> None:  # noqa: ANN401 - any argument
    with refusal(f"^batch x: {re.escape(message)}"):
        check_words("batch x", "command", command)


def whole(message: str) -> str:
    """An error, of the sidecar unless it says of what."""
    return message if message.startswith("batch x: ") else f"batch x, sidecar agent: {message}"


@each_row("given message", __file__, "sidecars")
def test_what_a_sidecar_cannot_have(given: str, message: str) -> None:
    with refusal(f"^{re.escape(whole(message))}"):
        check_sidecars("batch x", [replace(AGENT, **written(given, replace=replace, CHECK=CHECK))], ["PASSWORD"])


def test_two_sidecars_of_one_name() -> None:
    with refusal(r"^batch x: sidecars: 'agent' was given; .* each once"):
        check_sidecars("batch x", [AGENT, AGENT], [])


@each_row("given message", __file__, "waits")
def test_what_containers_cannot_wait_for(given: str, message: str) -> None:
    fetch = Sidecar(name="fetch", image="x:1", depends_on={"main": "START"} if "fetch -> main" in message else {})

    with refusal(f"^{re.escape(whole(message))}"):
        check_sidecars("batch x", [replace(AGENT, **written(given)), fetch], [])


def test_the_main_container_waits_for_what_the_sidecars_say() -> None:
    sidecars = [replace(AGENT, main_waits_for="START"), Sidecar(name="fetch", image="x:1")]

    assert main_waits_for(sidecars) == {"agent": "START"}
    made = main_container(IMAGE, None, Container(), LOG, {}, [], waits_for={"agent": "START"})
    assert made["dependsOn"] == [{"containerName": "agent", "condition": "START"}]


@pytest.mark.parametrize("end", ["COMPLETE", "SUCCESS"])
def test_the_end_of_what_is_not_essential_can_be_waited_for(end: Any) -> None:  # noqa: ANN401 - one of two words
    check_sidecars("batch x", [replace(AGENT, main_waits_for=end)], ["PASSWORD"])


def test_a_sidecar_gets_a_secret_under_a_name_of_its_own() -> None:
    secrets = [{"name": "PASSWORD", "valueFrom": "arn"}, {"name": "OTHER", "valueFrom": "arn2"}]

    made = sidecar_container(replace(AGENT, secrets={"PGPASSWORD": "PASSWORD"}), LOG, secrets)

    assert made["secrets"] == [{"name": "PGPASSWORD", "valueFrom": "arn"}]


def test_a_circle_that_leaves_main_out() -> None:
    waiting: list[tuple[str, str]] = [("aa", "bb"), ("bb", "cc"), ("cc", "aa")]
    sidecars = [Sidecar(name=name, image="x:1", depends_on={other: "START"}) for name, other in waiting]

    with refusal("wait for each other: aa -> bb -> cc -> aa"):
        check_sidecars("batch x", sidecars, [])


def test_sidecars_leave_something_for_the_main_container() -> None:
    check_shares("batch x", [replace(AGENT, cpu=255, memory=511)], 256, 512)

    with refusal(r"batch x: memory: the sidecars take 512 of the task's 512; allowed: less"):
        check_shares("batch x", [replace(AGENT, memory=256), replace(AGENT, memory=256)], 256, 512)
    with refusal(r"batch x: cpu: the sidecars take 300 of the task's 256"):
        check_shares("batch x", [replace(AGENT, cpu=300)], 256, 512)


@pytest.mark.parametrize("share", [0, -1, "64", True, 1.5])
def test_a_share_is_a_whole_number(share: int) -> None:
    with refusal(r"batch x, sidecar agent: memory: .* was given; allowed: a number from 1"):
        check_shares("batch x", [replace(AGENT, memory=share)], 256, 512)
