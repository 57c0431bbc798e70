"""Which backend is taken, and what a plain process says that it does not do."""

import ast
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.containers.backends import NOT_AS_PROCESS
from tests.containers.cases import Cases

NOWHERE = "unix:///no/such/socket"


@pytest.mark.parametrize("backend", ["process"], indirect=True, scope="session")
class TestProcess:
    """What needs no engine."""

    def test_docker_by_name_that_does_not_answer_is_an_error_with_its_reason(self, cases: Cases) -> None:
        done = cases.run("plain", env={"DOCKER_HOST": NOWHERE}, backend="docker")

        assert (done.code, done.out) == (126, b""), done.err
        assert "/no/such/socket" in done.err

    def test_podman_by_name_that_is_not_there_is_an_error_with_its_reason(self, cases: Cases, tmp_path: Path) -> None:
        done = cases.run("plain", env={"PATH": str(tmp_path), "CONTAINER_HOST": ""}, backend="podman")

        assert (done.code, done.out) == (126, b""), done.err
        assert "podman" in done.err

    def test_one_that_takes_connections_and_never_answers_is_named_soon(self, cases: Cases, tmp_path: Path) -> None:
        with closing(socket.socket(socket.AF_UNIX)) as server:
            server.bind(str(tmp_path / "d.sock"))
            server.listen(8)
            done = cases.run("plain", env={"DOCKER_HOST": f"unix://{tmp_path}/d.sock"}, backend="docker")

        assert (done.code, done.out) == (126, b""), done.err
        lines = done.err.splitlines()
        assert lines[0] == "batchwright: waiting for Docker to answer ..."
        assert lines[1].startswith(
            f"batchwright: Docker cannot be used: unix://{tmp_path}/d.sock: no answer within 10 s. "
        )

    def test_a_backend_can_be_chosen_by_a_variable(self, cases: Cases) -> None:
        done = cases.run("plain", env={"BATCHWRIGHT_BACKEND": "process"}, backend="")

        assert done.err.splitlines()[0].endswith("on this machine, as a process")

    def test_it_says_what_it_does_not_honour(self, cases: Cases) -> None:
        output = cases.run("facts", "--", "sh", "-c", "exit 0").err + cases.run("completed", "--", "true").err

        for clause, (_, words) in NOT_AS_PROCESS.items():
            assert words in output, clause
        assert honoured_not(output) <= NOT_AS_PROCESS.keys()


def honoured_not(output: str) -> set[str]:
    """The arguments of a declaration that the runner says it does not honor."""
    lines = [line.partition("plain process: ")[2] for line in output.splitlines()]
    return {name for line in lines if line for name in line.split(", ")}


def test_every_exception_is_made_use_of() -> None:
    used: set[str] = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "not_as_process":
                used |= {str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)}

    assert used == NOT_AS_PROCESS.keys()
