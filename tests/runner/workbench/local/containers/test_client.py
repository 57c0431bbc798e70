"""What an engine refuses, in the runner's words."""

import threading
from collections.abc import Mapping

import docker.errors
import pytest

from batchwright_runner.workbench.local.containers.client import Engine, pod_body
from batchwright_runner.workbench.local.containers.engine import EngineError

MISSING = "container create: container-init binary not found on the host: /usr/libexec/podman/catatonit"


class Refusing(Engine):
    """An engine whose SDK refuses to make a container."""

    def __init__(self, why: str) -> None:
        self.why, self._local = why, threading.local()
        self._local.api = self

    def create_container_from_config(self, body: Mapping[str, object], name: str) -> None:
        del body, name
        raise docker.errors.APIError("500 Server Error", explanation=self.why)


@pytest.mark.parametrize(
    ("why", "message"),
    [
        (MISSING, rf"^{MISSING}: .*Install it \(Debian: apt-get install catatonit\)"),
        ("no space left", "^no space left$"),
    ],
)
def test_podman_without_a_program_for_the_init_process_says_what_to_install(why: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        Refusing(why).create("p-main", {"HostConfig": {"Init": True}})


def test_a_container_in_a_pod_has_all_that_dockers_body_says() -> None:
    host = {
        "Memory": 10,
        "MemorySwap": 10,
        "MemoryReservation": 5,
        "CpuPeriod": 100,
        "CpuQuota": 50,
        "ReadonlyRootfs": True,
        "Init": True,
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        "Tmpfs": {"/tmp": "size=16m,noexec"},
        "Binds": ["v:/data:nocopy,ro", "w:/work"],
    }
    body = {"Image": "i", "Pod": "p", "Labels": {"l": "1"}, "Env": ["A=b=c"], "Cmd": ["x"], "Entrypoint": ["e"]}
    made = pod_body("p-main", {**body, "User": "1000", "WorkingDir": "/w", "HostConfig": host})

    assert made == {
        "name": "p-main",
        "pod": "p",
        "image": "i",
        "labels": {"l": "1"},
        "env": {"A": "b=c"},
        "command": ["x"],
        "entrypoint": ["e"],
        "user": "1000",
        "work_dir": "/w",
        "init": True,
        "read_only_filesystem": True,
        "create_working_dir": True,
        "httpproxy": False,
        "image_volume_mode": "anonymous",
        "log_configuration": {"driver": "none"},
        "healthconfig": {"Test": ["NONE"]},
        "r_limits": [{"type": "nofile", "soft": 1, "hard": 2}],
        "mounts": [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=16m", "noexec"]}],
        "volumes": [
            {"Name": "v", "Dest": "/data", "Options": ["nocopy", "ro"]},
            {"Name": "w", "Dest": "/work", "Options": []},
        ],
        "resource_limits": {"cpu": {"period": 100, "quota": 50}, "memory": {"limit": 10, "swap": 10, "reservation": 5}},
    }


class Bridged(Engine):
    """An engine whose SDK tells of one network."""

    kind = "docker"

    def __init__(self, *entries: Mapping[str, str]) -> None:
        self.entries, self._local = entries, threading.local()
        self._local.api = self

    def inspect_network(self, name: str) -> Mapping[str, object]:
        assert name == "bridge"
        return {"IPAM": {"Config": list(self.entries)}}


@pytest.mark.parametrize(
    ("entries", "address"),
    [
        ([{"Subnet": "fd00::/64", "Gateway": "fd00::1"}, {"Subnet": "10.9.0.0/16", "Gateway": "10.9.0.7"}], "10.9.0.7"),
        ([{"Subnet": "172.17.0.0/16"}], "172.17.0.1"),  # as Docker says it of a bridge that nobody configured
        ([], ""),
    ],
)
def test_this_machines_address_in_a_network_is_its_gateway(entries: list[dict[str, str]], address: str) -> None:
    assert Bridged(*entries).gateway("") == address
