"""What an engine refuses, in the runner's words."""

import threading
from collections.abc import Mapping

import docker.errors
import pytest

from batchwright_runner.workbench.local.containers.client import Engine
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
