"""Which backend runs a batch: Docker, else Podman, else a plain process. The choice is pure; looking is not."""

import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.errors import StartError
from batchwright_runner.host.runs.run_options import Backend
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError, NoSdkError, context_address, tls_settings

SOCKET = "unix:///var/run/docker.sock"
UNDERSTOOD = ("unix://", "tcp://", "http://", "https://")
TITLES = {"docker": "Docker", "podman": "Podman"}


@dataclass(frozen=True, slots=True)
class FoundEngine:
    """What was found of an engine."""

    engine: Engine | None = None
    problem: str = ""
    # Something of it is on this machine, so that its failure to answer deserves a note
    present: bool = False
    # The error where the runner lacks the SDK to speak to any engine; none otherwise
    no_sdk: StartError | None = None


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """What was chosen."""

    engine: Engine | None
    # What a person should know of the engines that were not taken
    notes: tuple[str, ...] = ()
    named: bool = False

    @property
    def where(self) -> str:
        """The end of a run's first line."""
        return f"in {self.engine.name}" if self.engine is not None else "as a process"


def choose_backend(backend: Backend, find: Callable[[str], FoundEngine]) -> BackendChoice:
    """Chooses. An engine that is there but does not answer gets a note; it is never passed over in silence.

    `find`: Looks for ``docker`` or ``podman``.
    """
    if backend == "process":
        return BackendChoice(None, named=True)
    if backend != "auto":
        found = find(backend)
        if found.no_sdk is not None:
            raise found.no_sdk
        if found.engine is None:
            raise StartError(
                f"{TITLES[backend]} cannot be used: {found.problem}",
                hint="Fix it, or choose another --backend",
                again="safe",
            )
        return BackendChoice(found.engine, named=True)
    notes: list[str] = []
    for kind, title in TITLES.items():
        found = find(kind)
        if found.engine is not None:
            return BackendChoice(found.engine, tuple(notes))
        if found.no_sdk is not None:
            return BackendChoice(None, (*notes, str(found.no_sdk)))
        if found.present:
            notes.append(f"{title} is on this machine, but cannot be used: {found.problem}")
    return BackendChoice(None, tuple(notes))


def find_engine(kind: str, environment: Mapping[str, str]) -> FoundEngine:
    """Looks at ``docker`` or ``podman``."""
    return _docker(environment) if kind == "docker" else _podman(environment)


def _docker(environment: Mapping[str, str]) -> FoundEngine:
    host = environment.get("DOCKER_HOST", "")
    context = "" if host else docker_context(environment)
    address = host or (context_address(context) if context else SOCKET)
    if not address:
        return FoundEngine(problem=f"Docker's context {context} has no address that can be read", present=True)
    if not address.startswith(UNDERSTOOD):
        return FoundEngine(
            problem=f"its address is {address}, and only unix:// and tcp:// are understood", present=True
        )
    if address == SOCKET and not host and not _is_socket(address):
        return FoundEngine(problem="there is no socket of it (looked at /var/run/docker.sock; DOCKER_HOST is unset)")
    return _answering(address, lambda: tls_settings(environment))


def _podman(environment: Mapping[str, str]) -> FoundEngine:
    address = environment.get("CONTAINER_HOST", "")
    if not address:
        folder = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
        address = f"unix://{folder if os.geteuid() else '/run'}/podman/podman.sock"
        if not _is_socket(address):
            if shutil.which("podman", path=environment.get("PATH")) is None:
                return FoundEngine(problem="podman was not found on PATH")
            start = f"systemctl{' --user' if os.geteuid() else ''} start podman.socket"
            return FoundEngine(problem=f"its API is not served at {address}: {start}", present=True)
    if not address.startswith(UNDERSTOOD):
        problem = f"CONTAINER_HOST is {address}, and only unix:// and tcp:// are understood"
        return FoundEngine(problem=problem, present=True)
    return _answering(address)


def _answering(address: str, tls: Callable[[], object] = lambda: None) -> FoundEngine:
    try:
        return FoundEngine(Engine(address, tls=tls()))
    except NoSdkError as error:
        return FoundEngine(no_sdk=error, present=True)
    except EngineError as error:
        return FoundEngine(problem=f"{address}: {error}", present=True)


def docker_context(environment: Mapping[str, str]) -> str:
    """The context that Docker's own command would use, as Docker Desktop and rootless Docker set it; empty for none."""
    name = environment.get("DOCKER_CONTEXT", "")
    home = environment.get("HOME", "")
    folder = environment.get("DOCKER_CONFIG") or (f"{home}/.docker" if home else "")
    if not name and folder:
        with suppress(OSError, ValueError, AttributeError):
            name = str(json.loads(Path(folder, "config.json").read_text(encoding="utf-8")).get("currentContext") or "")
    return "" if name == "default" else name


def _is_socket(address: str) -> bool:
    """Whether a socket is there. One that may not be looked at is."""
    try:
        return stat.S_ISSOCK(Path(address.removeprefix("unix://")).stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False
