"""Looks for Docker and Podman on this machine."""

import json
import shutil
import stat
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from batchwright_runner.errors import StartError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.workbench.local.backends import FoundEngine
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.podman_service import podman_service
from batchwright_runner.workbench.local.containers.sdk import NoSdkError, context_address, tls_settings

SOCKET = "unix:///var/run/docker.sock"
UNDERSTOOD = ("unix://", "tcp://", "http://", "https://")


def find_engine(kind: str, environment: Mapping[str, str], stack: ExitStack, waiter: Waiter) -> FoundEngine:
    """Looks at ``docker`` or ``podman``.

    Args:
        kind: Which one.
        environment: This process's variables.
        stack: Keeps what was started for it. Use it as the run's.
        waiter: Time and signals.
    """
    return _docker(environment) if kind == "docker" else _podman(environment, stack, waiter)


def _docker(environment: Mapping[str, str]) -> FoundEngine:
    given = environment.get("DOCKER_HOST", "")
    context = "" if given else docker_context(environment)
    address = given or (context_address(context) if context else SOCKET)
    if not address:
        return FoundEngine(problem=f"Docker's context {context} has no address that can be read", present=True)
    if not address.startswith(UNDERSTOOD):
        return FoundEngine(
            problem=f"its address is {address}, and only unix:// and tcp:// are understood", present=True
        )
    if address == SOCKET and not given and not _is_socket(address):
        return FoundEngine(problem="there is no socket of it (looked at /var/run/docker.sock; DOCKER_HOST is unset)")
    try:
        return FoundEngine(Engine(address, tls=tls_settings(environment)))
    except NoSdkError as error:
        return FoundEngine(no_sdk=error, present=True)
    except EngineError as error:
        return FoundEngine(problem=f"{address}: {error}", present=True)


def _podman(environment: Mapping[str, str], stack: ExitStack, waiter: Waiter) -> FoundEngine:
    program = shutil.which("podman", path=environment.get("PATH"))
    if program is None:
        return FoundEngine(problem="podman was not found on PATH")
    address = ""
    try:
        address = stack.enter_context(podman_service(program, environment, waiter))
        return FoundEngine(Engine(address))
    except EngineError as error:
        return FoundEngine(problem=f"{address}: {error}" if address else str(error), present=True)
    except NoSdkError as error:
        return FoundEngine(no_sdk=error, present=True)
    except (StartError, OSError) as error:
        return FoundEngine(problem=str(error), present=True)


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
