"""The network that a run joins, and how it reaches this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.containers.network import HOST_NAMES, NO_NAMES
from tests.containers.backends import not_as_process
from tests.containers.cases import Cases, read_line
from tests.kit.command import finish

DATABASE = "hostname -i; echo from the database | nc -l -p 5432"
"""A script that says its address, and answers one connection."""


@pytest.fixture
def network(cases: Cases) -> Iterator[str]:
    """A network of the engine's, such as Compose makes one."""
    name = f"{cases.project.name}_default"
    cases.engine.create_network(name, cases.project.label)
    yield name
    cases.engine.remove_network(name)


@not_as_process("network")
@pytest.mark.parametrize("batch", ["plain", "outlived"])
def test_a_run_reaches_what_is_in_its_network_with_one_container_and_with_several(
    cases: Cases, network: str, batch: str
) -> None:
    database = cases.start("plain", "--network", network, "--", "sh", "-c", DATABASE)
    address = read_line(database)
    done = cases.run(batch, "--network", network, "--", "sh", "-c", f"nc -w 10 {address} 5432")
    finish(database)

    assert done.out == b"from the database\n", done.err


@not_as_process("network")
def test_it_does_so_by_name_or_it_is_said_that_the_engine_cannot(cases: Cases, network: str) -> None:
    database = cases.start("plain", "--network", network, "--", "sh", "-c", DATABASE)
    read_line(database)
    (found,) = cases.engine.containers({"label": [cases.project.label]})
    name = found["Names"][0].lstrip("/")
    done = cases.run("plain", "--network", network, "--", "sh", "-c", f"nc -w 10 {name} 5432")
    database.terminate()
    finish(database)

    assert (done.out == b"from the database\n") != (NO_NAMES in done.err), done.err


@not_as_process("network")
@pytest.mark.parametrize("batch", ["plain", "outlived"])
def test_this_machine_has_names_inside(cases: Cases, batch: str) -> None:
    with closing(socket.create_server(("0.0.0.0", 0))) as server:
        server.settimeout(60)
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        script = "; ".join(f"nc -w 10 {name} {port}" for name in HOST_NAMES)
        done = cases.run(batch, "--", "sh", "-c", script)

    assert done.out == b"from the host\n" * len(HOST_NAMES), done.err


def answer(server: socket.socket) -> None:
    """Answers each connection."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"from the host\n")


@not_as_process("network")
def test_the_machines_own_network_can_be_joined(cases: Cases) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(60)
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        done = cases.run(
            "plain", "--network", "host", "--", "nc", "-w", "10", "127.0.0.1", str(server.getsockname()[1])
        )

    assert done.out == b"from the host\n", done.err


@not_as_process("network")
@pytest.mark.parametrize("batch", ["plain", "outlived"])
def test_names_that_this_machine_has_for_itself_do_not_reach_a_batch(cases: Cases, batch: str) -> None:
    own = Path("/etc/hosts").read_text(encoding="utf-8").replace("localhost", "")
    done = cases.run(batch, "--", "sh", "-c", "cat /etc/hosts")
    names = {name for line in own.splitlines() if not line.startswith("#") for name in line.split()[1:]}

    assert not names & {*done.text.split()}, done.text
