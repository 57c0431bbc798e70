"""What an engine reports, and its errors as one; the Docker SDK, its settings, and the connections that it gives."""

import re
import signal
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.installed import requirement
from batchwright_runner.errors import StartError

PATIENCE = 60
"""Seconds for an answer to a call that does not wait for something by its nature."""


SHOWN_LINES = 15
ASKS = frozenset({signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGQUIT})
"""Signals that ask for an end, beside the image's own. Others may be for anything, such as reading a file again."""
_STEP = re.compile(r"^(?:\[\d+/\d+\] )?step \d+(?:/\d+)? ?: *(.*)$", re.IGNORECASE)
_ERROR = re.compile(r"^error: +(.*)$", re.IGNORECASE)
_NOT_TO_BE_HAD = re.compile(
    r"no such host|dial tcp|connection refused|i/o timeout|deadline exceeded|pull access denied|manifest unknown"
    r"|toomanyrequests|pinging container registry|error getting credentials|network is unreachable|TLS handshake"
    r"|failed to resolve source metadata",
    re.IGNORECASE,
)
"""What engines say when a registry, or an image in it, cannot be reached."""


class EngineError(Exception):
    """The engine refused a call, or did not answer.

    `status`: the HTTP status; 0 where there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What must be known of an image before a container is made from it."""

    reference: str
    # Its digest in a registry; its id where it comes from none
    digest: str = ""
    # The signal that asks it to end; empty where it names none
    stop_signal: str = ""
    volumes: frozenset[str] = frozenset()
    # ``amd64`` or ``arm64``
    architecture: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """How a build has failed."""

    error: str
    step: str = ""
    lines: Sequence[str] = ()

    @property
    def text(self) -> str:
        """Its last lines, and what helps."""
        text = "\n".join(self.lines or [self.error])
        return f"{text}\nInstall Docker's plugin buildx, which has it" if "buildkit" in text.lower() else text

    @property
    def unavailable(self) -> bool:
        """Whether it failed for an image it begins with, and not for what the Dockerfile does."""
        words = self.step.split()
        fetches = bool(words) and (words[0].upper() == "FROM" or "--from=" in self.step)
        return fetches or (not words and bool(_NOT_TO_BE_HAD.search(self.error)))


def read_build(output: Iterable[str]) -> Built:
    """What the output of an engine's program says of a build that failed."""
    lines = [line.rstrip() for line in output if line.strip()]
    steps = [match[1] for match in map(_STEP.match, lines) if match]
    errors = [match[1] for match in map(_ERROR.match, lines) if match]
    return Built((errors or lines or ["it says nothing"])[-1], steps[-1] if steps else "", tuple(lines[-SHOWN_LINES:]))


def read_pull(events: Iterable[Mapping[str, Any]]) -> str:
    """Why a pull failed, by an engine's reports of it; empty when it did not."""
    errors = [event for event in events if event.get("error")]
    last = errors[-1] if errors else {}
    return str((last.get("errorDetail") or {}).get("message") or last.get("error") or "").strip()


def was_asked_to_stop(events: Iterable[Mapping[str, Any]], stop_signal: str) -> bool:
    """Whether someone stopped a container through Docker, as ``docker stop`` does: its exit code is not its own then.

    Docker writes the event of a signal while it holds the lock on the container that the handling of its end needs too,
    so that ``kill`` is always before ``die`` (moby 26.1, ``daemon/kill.go``, 2026-11). Pure.

    `stop_signal`: the image's own stop signal: ``SIGINT``, ``2``, ``SIGRTMIN+3``.
    """
    asks = {str(int(number)) for number in ASKS} | {_number(stop_signal)}
    asked = False
    for event in events:
        action = event.get("Action")
        sent = ((event.get("Actor") or {}).get("Attributes") or {}).get("signal")
        asked = asked or action == "stop" or (action == "kill" and sent in asks)
        if action == "die":
            return asked
    raise EngineError("the engine has forgotten it")


def _number(name: str) -> str:
    base, _, more = name.partition("+")
    try:
        return str(int(signal.Signals[base]) + int(more or 0))
    except (KeyError, ValueError):
        return name


class NoSdkError(StartError):
    """The SDK is not installed: no engine can be spoken to."""


def tls_settings(environment: Mapping[str, str]) -> object:
    """The settings for TLS that Docker's variables ask for (``DOCKER_TLS_VERIFY``, ``DOCKER_CERT_PATH``)."""
    if not (environment.get("DOCKER_TLS_VERIFY") or environment.get("DOCKER_CERT_PATH")):
        return None
    docker = load_sdk()
    with translated():
        return docker.utils.kwargs_from_env(environment=dict(environment)).get("tls")


def context_address(name: str) -> str:
    """The address that a context of Docker's has; empty for one that does not exist, or without the SDK."""
    with suppress(Exception):  # a context file that cannot be read is reported as one without an address
        context = load_sdk().context.ContextAPI.get_context(name)
        return str(context.Host or "") if context is not None else ""
    return ""


def load_sdk() -> Any:  # noqa: ANN401 - the SDK has no types
    """The package ``docker``, imported when it is needed."""
    try:
        import docker
    except ImportError as error:
        raise NoSdkError(
            "containers cannot be used: the Docker SDK is not installed",
            hint=f"Install it: uv tool install {requirement('local')}, or pip install",
        ) from error
    return docker


@contextmanager
def translated(within: float = PATIENCE, *, fine: Collection[int] = ()) -> Iterator[None]:
    """Turns the errors of the SDK and of what is below it into one.

    `fine`: the HTTP statuses that are no error: what is asked for is so already.
    """
    import docker.errors
    import urllib3

    try:
        yield
    except docker.errors.APIError as error:
        status = int(error.response.status_code or 0) if error.response is not None else 0
        if status not in fine:
            raise EngineError(str(error.explanation or error), status) from error
    except (docker.errors.DockerException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise EngineError(_innermost(error, within)) from error


def _innermost(error: BaseException, within: float) -> str:
    """The cause that says something: the SDK wraps a refused connection four times."""
    cause = current = error
    while (inner := current.__cause__ or current.__context__) is not None:
        current = inner
        if isinstance(current, OSError):
            cause = current
    if isinstance(cause, TimeoutError):
        return f"no answer within {within:g} s"
    if isinstance(cause, OSError) and cause.strerror:
        return f"{cause.strerror} ({cause.filename})" if cause.filename else cause.strerror
    return str(cause) or type(cause).__name__


class Attached:
    """A connection to a container's log."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - the SDK has no types
        self._raw = raw
        self._connection = getattr(raw, "_sock", raw)
        self._connection.setblocking(False)

    def recv(self, size: int, /) -> bytes:
        """Reads what is there."""
        data: bytes = self._connection.recv(size)
        return data

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return int(self._connection.fileno())

    def close(self) -> None:
        """Ends it."""
        # The response first, which the SDK hangs on what it gives: Python 3.13 says so on stderr when a response is
        # finalized whose connection was closed below it.
        with suppress(OSError, ValueError):
            getattr(self._raw, "_response", self._raw).close()
        self._raw.close()
        self._connection.close()
