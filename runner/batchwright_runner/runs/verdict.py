"""What a run's end means: the exit code, why, and whether running again makes sense. Pure.

The rows of the table, the first that fits wins:

| code | row |
| --- | --- |
| 2 | usage: unknown option, no such batch, no such run |
| 123 | not run: another run is in progress and the batch forbids a second |
| 126 | the batch never started |
| 129, 130, 143 | this runner was told to stop by SIGHUP, SIGINT, SIGTERM and stopped it |
| 124 | the timeout, or the deadline kept by AWS, stopped it |
| 75 | AWS ended a run that had begun |
| 122 | somebody else stopped it |
| the container's own | it ended by itself and its code was seen |
| 125 | everything else |

A container's code counts as its own only if nobody had asked for a stop. Many programs answer SIGTERM with exit 0, so a
code returned because of a stop is reported and never returned.
"""

import signal
from dataclasses import dataclass
from enum import Enum
from typing import Literal

Again = Literal["safe", "ask", "useless"]
"""``safe``: nothing of the batch ran and later may work. ``ask``: it had begun. ``useless``: fix something first."""

DEADLINE_REASON = "batchwright: the deadline has passed"
"""The stop reason that a deadline schedule gives."""

FAILED_TO_START = "TaskFailedToStart"
ENDED_BY_ITSELF = "EssentialContainerExited"
STOPPED_ON_REQUEST = "UserInitiated"
ENDED_BY_AWS = frozenset({"SpotInterruption", "TerminationNotice", "InfrastructureHealth"})
"""Stop codes of ends that AWS decided (ECS API reference, Task.stopCode, 2026-11)."""
MAINTENANCE = "performing maintenance on the underlying infrastructure"
"""In the reason of a retired task, whatever its stop code (ECS developer guide, task maintenance, 2026-11)."""


class Row(Enum):
    """The rows of the table."""

    USAGE = "usage"
    OVERLAP = "overlap"
    NEVER_STARTED = "never-started"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    ENDED_BY_AWS = "ended-by-aws"
    STOPPED_BY_OTHERS = "stopped-by-others"
    OWN = "own"
    NO_RESULT = "no-result"


@dataclass(frozen=True, slots=True)
class StopRequest:
    """A stop that this runner asked for.

    Attributes:
        by: What made it ask.
        signal: The signal's number, for ``by="signal"``.
        refused: Why the stop was refused; empty when it was accepted.
    """

    by: Literal["signal", "timeout", "overlap"]
    signal: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What was seen of a run's end.

    Attributes:
        container: Name of the main container.
        ended: The main container, or the task, was seen stopped.
        began: The main container had begun to run.
        exit_code: The main container's code; none when none was seen.
        stop_code: ECS's stop code; empty when none was seen.
        reason: ECS's reason; empty when none was seen.
        stop: The stop that this runner asked for before it saw the end.
        left: The signal that made this runner leave before it saw the end; 0 for none.
        temporary: The reason is one that may be gone on another try.
        stopped_by: What made ECS stop the main container, when another container's end did; empty otherwise.
    """

    container: str = "main"
    ended: bool = True
    began: bool = True
    exit_code: int | None = None
    stop_code: str = ""
    reason: str = ""
    stop: StopRequest | None = None
    left: int = 0
    temporary: bool = False
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of the table, for one run."""

    row: Row
    code: int
    why: str
    again: Again


def verdict(ending: Ending) -> Verdict:
    """Judges a run's end: the first row that fits."""
    for judge in (_overlap, _never_started, _stopped_by_us, _deadline, _ended_by_aws, _stopped_by_others, _own):
        found = judge(ending)
        if found is not None:
            return found
    again: Again = "ask" if ending.began or not ending.ended else "safe"
    return Verdict(Row.NO_RESULT, 125, f"no result ({_unseen(ending)})", again)


def _overlap(ending: Ending) -> Verdict | None:
    if ending.stop is None or ending.stop.by != "overlap" or ending.stop.refused:
        return None
    why = "not run (another run is in progress, and the batch forbids a second)"
    return Verdict(Row.OVERLAP, 123, why, "safe")


def _never_started(ending: Ending) -> Verdict | None:
    failed = ending.stop_code == FAILED_TO_START or (not ending.began and _by_aws(ending))
    if not ending.ended or not failed or _accepted(ending) is not None:
        return None
    why = f"the batch never started ({ending.reason or ending.stop_code})"
    again: Again = "safe" if ending.temporary or _by_aws(ending) else "useless"
    return Verdict(Row.NEVER_STARTED, 126, why, again)


def _stopped_by_us(ending: Ending) -> Verdict | None:
    stop = _accepted(ending)
    if stop is None:
        return None
    again: Again = "ask" if ending.began or not ending.ended else "safe"
    if stop.by == "signal":
        why = f"stopped on {signal.Signals(stop.signal).name} ({_afterwards(ending)})"
        return Verdict(Row.SIGNAL, 128 + stop.signal, why, again)
    return Verdict(Row.TIMEOUT, 124, f"stopped at the timeout ({_afterwards(ending)})", again)


def _deadline(ending: Ending) -> Verdict | None:
    if not ending.ended or not ending.reason.startswith(DEADLINE_REASON):
        return None
    return Verdict(Row.TIMEOUT, 124, f"stopped at the deadline kept by AWS ({_afterwards(ending)})", "ask")


def _ended_by_aws(ending: Ending) -> Verdict | None:
    if not ending.ended or not _by_aws(ending):
        return None
    why = f"AWS ended it ({ending.stop_code or 'maintenance'}: {ending.reason or 'no reason given'})"
    return Verdict(Row.ENDED_BY_AWS, 75, why, "ask")


def _stopped_by_others(ending: Ending) -> Verdict | None:
    if not ending.ended or ending.stop_code != STOPPED_ON_REQUEST:
        return None
    why = f"somebody else stopped it ({ending.reason or 'no reason given'}; {_afterwards(ending)})"
    return Verdict(Row.STOPPED_BY_OTHERS, 122, why, "ask" if ending.began else "safe")


def _own(ending: Ending) -> Verdict | None:
    if ending.stopped_by:
        return None
    if not ending.ended or ending.exit_code is None or ending.stop_code != ENDED_BY_ITSELF or ending.stop is not None:
        return None
    # An exit status has one byte: a larger number must not wrap round to 0.
    code = ending.exit_code if 0 <= ending.exit_code <= 255 else 255
    return Verdict(Row.OWN, code, f"the container's own code ({ending.container} ended by itself)", "ask")


def _by_aws(ending: Ending) -> bool:
    return ending.stop_code in ENDED_BY_AWS or MAINTENANCE in ending.reason


def _accepted(ending: Ending) -> StopRequest | None:
    return ending.stop if ending.stop is not None and not ending.stop.refused else None


def _afterwards(ending: Ending) -> str:
    if not ending.ended:
        return "its end was not waited for"
    if ending.exit_code is None:
        return "no exit code" if ending.began else "it had not begun"
    return f"{ending.container} then ended with {ending.exit_code}, which does not count"


def _unseen(ending: Ending) -> str:
    if ending.stop is not None and ending.stop.refused:
        return f"it could not be stopped: {ending.stop.refused}"
    if ending.left:
        return f"left on {signal.Signals(ending.left).name}, the batch goes on"
    if not ending.ended:
        return "its end was not seen"
    if ending.stopped_by:
        return f"{ending.stopped_by} and ECS stopped {ending.container}: {_afterwards(ending)}"
    if ending.exit_code is None:
        return f"no exit code was seen: {ending.reason or ending.stop_code or 'no reason given'}"
    return f"{ending.container} ended with {ending.exit_code}, stop code {ending.stop_code or 'unknown'}"
