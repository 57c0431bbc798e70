"""A container engine as the rest sees it: what it can do for a task, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from batchwright_runner.workbench.local.containers.relay.program import ImageLoader


class EngineError(Exception):
    """The engine refused a call, or did not answer.

    Attributes:
        status: The HTTP status; 0 where there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What must be known of an image before a container is made from it.

    Attributes:
        reference: What it is called.
        id: Its id on this machine.
        digest: Its digest in a registry; its id where it comes from none.
        stop_signal: The signal that asks it to end; empty where it names none.
        volumes: The paths it declares as volumes.
        architecture: ``amd64`` or ``arm64``.
    """

    reference: str
    id: str = ""
    digest: str = ""
    stop_signal: str = ""
    volumes: frozenset[str] = frozenset()
    architecture: str = ""


class LogSocket(Protocol):
    """A connection on which a container's log comes."""

    def recv(self, size: int, /) -> bytes:
        """Reads what is there; nothing at the end.

        Raises:
            BlockingIOError: Nothing is there yet.
        """

    def fileno(self) -> int:
        """Its descriptor."""

    def close(self) -> None:
        """Ends it."""


class Conversation(Protocol):
    """A connection to a container's stdin and stdout."""

    def recv(self, size: int, /) -> bytes:
        """Waits for bytes; nothing at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Sends bytes."""

    def close(self) -> None:
        """Ends it, also while another thread waits for bytes."""


class TaskEngine(ImageLoader, Protocol):
    """What a task needs of an engine."""

    def create_volume(self, name: str, labels: Mapping[str, str], *, empty: bool, in_memory: bool = False) -> None:
        """Makes a volume."""

    def remove_volume(self, name: str) -> None:
        """Removes a volume."""

    def put(self, container: str, folder: str, archive: bytes) -> None:
        """Unpacks a tar file in a folder of a container."""

    def remove(self, container: str) -> None:
        """Kills and removes a container."""

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Makes a container."""

    def attach(self, container: str) -> LogSocket:
        """Connects to its log."""

    def converse(self, container: str) -> Conversation:
        """Connects to stdin and stdout of a container that has not been started."""

    def start(self, container: str) -> None:
        """Starts it."""

    def kill(self, container: str, signal: str) -> None:
        """Sends it a signal."""

    def wait(self, container: str) -> None:
        """Waits for its end."""

    def inspect(self, container: str) -> Mapping[str, Any]:
        """All that is known of it."""

    def was_stopped(self, container: str, stop_signal: str) -> bool:
        """Whether someone asked the engine to stop a container that has ended."""

    def run_inside(self, container: str, command: "tuple[str, ...]", seconds: float) -> bool:
        """Runs a command in it; whether it ended with 0 in time."""

    def nests_cgroups(self) -> bool:
        """Whether a container's cgroup can hold those of others."""

    def cgroup(self, container: str) -> str:
        """The path of a running container's cgroup."""
