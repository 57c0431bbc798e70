"""An engine that does as it is told, and tasks for it."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import Attached, EngineError, ImageFacts
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan, plan_task
from tests.kit.projects import batch_of, declared

NO_ANSWER = "no answer within 60 s"

SOON = 20.0
"""Seconds within which what must happen has happened, on the slowest of machines."""


class Silence(Attached):
    """The log of a container that says nothing."""

    def __init__(self) -> None:
        pass

    def recv(self, size: int, /) -> bytes:
        del size
        return b""

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        pass


@dataclass
class FakeEngine(Engine):
    """An engine without containers: they end when the test says so, or on a signal as it says."""

    on_signal: Mapping[str, int] = field(default_factory=dict)
    """Container to its code after its stop signal; one that is missing ignores it."""
    healthy: frozenset[str] = frozenset()
    broken: Mapping[str, str] = field(default_factory=dict)
    """Call and container to the error it gives."""
    out_of_memory: frozenset[str] = frozenset()
    architecture: str = "amd64"
    kind: str = "docker"
    calls: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    bodies: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ends: dict[str, threading.Event] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    """The containers that someone stops through the engine."""
    gone: frozenset[str] = frozenset()
    """The containers that someone removes through it."""
    answers: bool = True
    unheard: frozenset[str] = frozenset()
    """The signals, each with its container, that find no engine which answers."""
    unknown: str = ""
    """The signal that the engine does not know."""

    def image(self, reference: str) -> ImageFacts | None:
        del reference
        return None

    def create_volume(self, name: str, labels: Mapping[str, str], *, empty: bool, in_memory: bool = False) -> None:
        del labels
        self.calls.append(f"volume {name} {empty}{' in memory' * in_memory}")

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        short = name[len("p-") :]
        self.names.append(name)
        self.fail("create", short)
        self.bodies[short] = body
        self.ends[short] = threading.Event()
        return short

    def create_pod(self, name: str, network: str, labels: Mapping[str, str]) -> None:
        del labels
        self.calls.append(f"pod {name} {network}".strip())

    def remove_pod(self, name: str) -> None:
        self.calls.append(f"remove pod {name}")

    def put(self, container: str, folder: str, archive: bytes) -> None:
        self.fail("put", container)
        self.calls.append(f"put {container}{folder} {archive[:20].decode('ascii', 'replace')}")

    def remove(self, container: str) -> None:
        self.calls.append(f"remove {container}")

    def remove_volume(self, name: str) -> None:
        self.calls.append(f"remove volume {name}")

    def attach(self, container: str) -> Attached:
        self.fail("attach", container)
        self.calls.append(f"attach {container}")
        return Silence()

    def start(self, container: str) -> None:
        self.fail("start", container)
        self.calls.append(f"start {container}")

    def kill(self, container: str, signal: str) -> None:
        if signal == self.unknown:
            raise EngineError(f"Invalid signal: {signal}", 400)
        if f"{signal} {container}" in self.unheard:
            self.calls.append(f"{signal} {container} is not heard")
            raise EngineError("Connection refused")
        self.calls.append(f"{signal} {container}")
        if signal == "SIGKILL":
            self.end(container, 137)
        elif container in self.on_signal:
            self.end(container, self.on_signal[container])

    def wait(self, container: str) -> None:
        self.answer()
        assert self.ends[container].wait(SOON)
        self.answer()

    def answer(self) -> None:
        if not self.answers:
            raise EngineError("Connection refused")

    def was_stopped(self, container: str, stop_signal: str) -> bool:
        del stop_signal
        self.fail("was_stopped", container)
        return container in self.stopped

    def inspect(self, container: str) -> Mapping[str, Any]:
        self.answer()
        if container in self.gone:
            raise EngineError("no such container", 404)
        running = not self.ends[container].is_set()
        state = {"Running": running, "ExitCode": self.codes.get(container, 0), "FinishedAt": self.at.get(container, "")}
        return {"State": {**state, "OOMKilled": container in self.out_of_memory}}

    def run_inside(self, container: str, command: Sequence[str], seconds: float) -> bool:
        del command, seconds
        return container in self.healthy

    def fail(self, call: str, container: str) -> None:
        if f"{call} {container}" in self.broken:
            error = self.broken[f"{call} {container}"]
            raise EngineError(error, 0 if error == NO_ANSWER else 500)

    def end(self, container: str, code: int, at: str = "") -> None:
        self.codes.setdefault(container, code)
        self.at[container] = at
        self.ends[container].set()


def plan(
    *sidecars: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
    in_memory: bool = False,
    proofs: tuple[tuple[str, ...], ...] = (),
    **main: object,
) -> TaskPlan:
    batch = batch_of(declared("hello", "x", container=main, sidecars=sidecars))
    images = {str(container["name"]): ImageFacts(reference="i", digest="sha256:1") for container in batch.containers}
    task = plan_task(batch, {}, images, prefix="p", files=files)
    return replace(task, labels={"of": "p"}, in_memory=in_memory, pause="pause", proofs=proofs)


def side(name: str = "side", **changes: object) -> dict[str, Any]:
    return {"name": name, "image": "i", "essential": False, **changes}


def after(container: str, condition: str) -> dict[str, Any]:
    return {"dependsOn": [{"containerName": container, "condition": condition}]}


VOLUME: dict[str, Any] = {"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}
