"""What an engine reports of an image, a build or a pull, and of who stopped a container; and its errors. Pure."""

import re
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    id: str = ""
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
    step: str
    lines: Sequence[str]

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
