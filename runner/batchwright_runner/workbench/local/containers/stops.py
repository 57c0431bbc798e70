"""Whether someone stopped a container through its engine, as ``docker stop`` does. Its exit code is not its own then.

Docker tells it by events. It writes the event of a signal while it holds the lock on the container that the handling of
the container's end needs too, so that ``kill`` is always before ``die`` (moby 26.1, ``daemon/kill.go``, 2026-11). Pure.
"""

import signal
from collections.abc import Iterable, Mapping
from typing import Any

from batchwright_runner.workbench.local.containers.engine import EngineError

ASKS = frozenset({signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGQUIT})
"""Signals that ask for an end, beside the image's own. Others may be for anything, such as reading a file again."""


def was_asked_to_stop(events: Iterable[Mapping[str, Any]], stop_signal: str) -> bool:
    """Whether a stop comes before the end in the events of a container.

    Args:
        events: Docker's events of the container, oldest first; read no further than to its end.
        stop_signal: The image's own stop signal: ``SIGINT``, ``2``, ``SIGRTMIN+3``.

    Raises:
        EngineError: They do not hold its end.
    """
    asks = {str(int(number)) for number in ASKS} | {_number(stop_signal)}
    asked = False
    for event in events:
        action = event.get("Action")
        given = ((event.get("Actor") or {}).get("Attributes") or {}).get("signal")
        asked = asked or action == "stop" or (action == "kill" and given in asks)
        if action == "die":
            return asked
    raise EngineError("the engine has forgotten it")


def _number(name: str) -> str:
    base, _, more = name.partition("+")
    try:
        return str(int(signal.Signals[base]) + int(more or 0))
    except (KeyError, ValueError):
        return name
