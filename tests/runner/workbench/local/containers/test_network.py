"""Which network is joined, and what is said of it."""

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.network import (
    HOST_NAMES,
    NO_NAMES,
    check_network,
    host_config,
    proofs,
    receiver_at,
    recorder_address,
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


class Bridged(Engine):
    """An engine with a bridge."""

    def __init__(self, kind: str, gateway: str) -> None:
        self.kind, self._gateway = kind, gateway

    def gateway(self, network: str) -> str:
        del network
        return self._gateway


@pytest.mark.parametrize(
    ("network", "engine", "place"),
    [
        ("none", Bridged("docker", "127.0.0.1"), ("", "")),
        ("host", Bridged("docker", ""), ("127.0.0.1", "127.0.0.1")),
        ("", Bridged("docker", "127.0.0.9"), ("127.0.0.9", "127.0.0.9")),
        ("shop_default", Bridged("podman", "192.0.2.1"), ("192.0.2.1", "192.0.2.1")),  # there while a container is
        ("", Bridged("docker", "192.0.2.1"), ("127.0.0.1", "host.docker.internal")),  # in a virtual machine
    ],
)
def test_the_recorder_listens_where_the_batchs_network_leads_to_this_machine(
    network: str, engine: Bridged, place: tuple[str, str]
) -> None:
    assert recorder_address(network, engine) == place


def test_from_a_rootless_podman_this_machine_has_a_name() -> None:
    address, host = recorder_address("", Bridged("podman", ""))

    assert host == "host.containers.internal"
    with receiver_at(address) as receiver:
        assert receiver.getsockname()[0] == address


def test_the_recorders_own_datagram_is_sent_by_what_an_image_may_have() -> None:
    bash, python, *_ = proofs("TOKEN", "10.88.0.1", 4711)

    assert bash == ("bash", "-c", "printf %s TOKEN > /dev/udp/10.88.0.1/4711")
    with receiver_at("127.0.0.1") as receiver:
        port = receiver.getsockname()[1]
        receiver.settimeout(20)
        exec(proofs("TOKEN", "127.0.0.1", port)[1][2], {})
        assert receiver.recv(100) == b"TOKEN"
    assert python[0] == "python3"
