"""The Docker SDK: its loading, its settings, its errors as one, and the connections that it gives."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from batchwright_runner.contract.installed import requirement
from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.containers.engine import EngineError

PATIENCE = 60
"""Seconds for an answer to a call that does not wait for something by its nature."""


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


def read_within(raw: Any, seconds: float) -> None:  # noqa: ANN401 - urllib3's response
    """Reads to the end, and no longer than that: each read has the limit, and a chatty command has no more than all."""
    until = time.monotonic() + seconds
    while raw.read(65536):
        if time.monotonic() > until:
            raise TimeoutError
