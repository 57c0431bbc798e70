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


class UnusableError(Exception):
    """An engine cannot be used.

    `present`: something of it is on this machine, so that its failure to answer deserves a note.
    """

    def __init__(self, problem: str, *, present: bool = True) -> None:
        super().__init__(problem)
        self.present = present


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


def choose_backend(backend: Backend, find: Callable[[str], Engine]) -> BackendChoice:
    """Chooses. An engine that is there but does not answer gets a note; it is never passed over in silence.

    `find`: Looks for ``docker`` or ``podman``.
    """
    notes: list[str] = []
    named = backend != "auto"
    for kind, title in TITLES.items():
        try:
            if backend in ("auto", kind):
                return BackendChoice(find(kind), tuple(notes), named)
        except NoSdkError as error:
            if named:
                raise
            return BackendChoice(None, (*notes, str(error)))
        except UnusableError as error:
            if named:
                hint = "Fix it, or choose another --backend"
                raise StartError(f"{title} cannot be used: {error}", hint=hint, again="safe") from error
            notes += [f"{title} is on this machine, but cannot be used: {error}"] if error.present else []
    return BackendChoice(None, tuple(notes), named)


def find_engine(kind: str, environment: Mapping[str, str]) -> Engine:
    """Looks at ``docker`` or ``podman``."""
    address = _docker(environment) if kind == "docker" else _podman(environment)
    if not address.startswith(UNDERSTOOD):
        raise UnusableError(f"its address is {address}, and only unix:// and tcp:// are understood")
    try:
        return Engine(address, tls=tls_settings(environment) if kind == "docker" else None)
    except EngineError as error:
        raise UnusableError(f"{address}: {error}") from error


def _docker(environment: Mapping[str, str]) -> str:
    host = environment.get("DOCKER_HOST", "")
    context = "" if host else docker_context(environment)
    address = host or (context_address(context) if context else SOCKET)
    if not address:
        raise UnusableError(f"Docker's context {context} has no address that can be read")
    if address == SOCKET and not host and not _is_socket(address):
        looked_at = "looked at /var/run/docker.sock; DOCKER_HOST is unset"
        raise UnusableError(f"there is no socket of it ({looked_at})", present=False)
    return address


def _podman(environment: Mapping[str, str]) -> str:
    address, user = environment.get("CONTAINER_HOST", ""), os.geteuid()
    if not address:
        folder = (environment.get("XDG_RUNTIME_DIR") or f"/run/user/{user}") if user else "/run"
        address = f"unix://{folder}/podman/podman.sock"
        if not _is_socket(address):
            if shutil.which("podman", path=environment.get("PATH")) is None:
                raise UnusableError("podman was not found on PATH", present=False)
            raise UnusableError(
                f"its API is not served at {address}: systemctl{' --user' if user else ''} start podman.socket"
            )
    return address


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
