"""Which network is joined, and what is said of it."""

import socket

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.network import (
    HOST_NAMES,
    NO_NAMES,
    check_network,
    host_config,
    relay_ports,
)


class FakeEngine(Engine):
    """An engine with networks."""

    def __init__(self, *networks: str, names: bool = True) -> None:
        self.name, self._networks, self._names = "Docker 26.1.5", networks, names

    def networks(self) -> list[str]:
        return list(self._networks)

    def resolves_names(self) -> bool:
        return self._names


@pytest.mark.parametrize("name", ["", "host", "none", "shop_default"])
def test_one_that_exists_needs_no_word(name: str) -> None:
    assert check_network(name, FakeEngine("bridge", "shop_default")) == ""


@pytest.mark.parametrize(
    ("name", "listed"),
    [("shop", "There are: billing_default, bridge, store_default"), ("store", "Did you mean store_default?")],
)
def test_one_that_does_not_exist_is_refused_with_those_that_do(name: str, listed: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_network(name, FakeEngine("bridge", "host", "none", "store_default", "billing_default"))

    assert str(caught.value).startswith(f"--network {name} is refused: Docker 26.1.5 has no such network (")
    assert str(caught.value).endswith(f"). {listed}")


def test_that_names_are_not_resolved_is_said_where_they_matter() -> None:
    assert check_network("store", FakeEngine("store", names=False)) == NO_NAMES
    assert check_network("", FakeEngine("store", names=False)) == ""


def test_docker_is_told_the_names_of_this_machine_and_podman_knows_them() -> None:
    assert host_config("", "docker") == {"ExtraHosts": [f"{name}:host-gateway" for name in HOST_NAMES]}
    assert host_config("n", "docker")["NetworkMode"] == "n"
    assert host_config("n", "podman") == {"NetworkMode": "n"}


@pytest.mark.parametrize("network", ["", "none", "shop_default"])
@pytest.mark.parametrize(
    ("reports", "requests", "ports"),
    [(False, False, None), (True, False, (31000, 0)), (False, True, (0, 51678)), (True, True, (31000, 51678))],
)
def test_a_relay_listens_on_the_same_ports_in_every_network_of_a_tasks_own(
    network: str, reports: bool, requests: bool, ports: tuple[int, int] | None
) -> None:
    assert relay_ports(network, reports=reports, requests=requests) == ports


def test_in_this_machines_network_a_relay_listens_where_nobody_does() -> None:
    assert relay_ports("host", reports=False, requests=False) is None
    reports, requests = relay_ports("host", reports=True, requests=True) or (0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
        datagrams.bind(("127.0.0.1", reports))
        stream.bind(("127.0.0.1", requests))

        assert min(reports, requests) >= 1024
        others = relay_ports("host", reports=True, requests=True) or (0, 0)
        assert others[0] != reports
        assert others[1] != requests
    only_reports, no_requests = relay_ports("host", reports=True, requests=False) or (0, 0)
    assert (only_reports > 0, no_requests) == (True, 0)
