"""What a run's end means: the exit code, why, and whether running again makes sense. Pure.

`batchwright_runner.contract.verdicts` has the table; the first row that fits wins.

A container's code counts as its own only if no one had asked for a stop. Many programs answer SIGTERM with exit 0, so a
code returned because of a stop is reported and never returned.
"""

import signal
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.contract.ends import (
    DEADLINE_REASON,
    ENDED_BY_AWS,
    ENDED_BY_ITSELF,
    FAILED_TO_START,
    MACHINE_TIMEOUT,
    MAINTENANCE,
    OUT_OF_MEMORY,
    STOPPED_ON_REQUEST,
)
from batchwright_runner.contract.verdicts import ROWS, RetryAdvice, Row, Verdict


@dataclass(frozen=True, slots=True)
class StopRequest:
    """A stop that this runner asked for."""

    by: Literal["signal", "timeout", "overlap", "unseen"]
    # The signal's number, for ``by="signal"``
    signal: int = 0
    # Why the stop was refused; empty when it was accepted
    refused: str = ""
    # The run that is in progress, for ``by="overlap"``; empty where it is not known. ``by="unseen"``: whether there is
    # one could not be seen.
    run: str = ""
    # The name of the runner's host, for ``by="signal"``; empty where it is not known: older runners gave none
    host: str = ""
    # A person sat at the runner, at a terminal, for ``by="signal"``; older runners did not say so
    attended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What was seen of a run's end."""

    container: str = "main"
    # The main container, or the task, was seen stopped
    ended: bool = True
    # The main container had begun to run
    began: bool = True
    # The main container's code; none when none was seen
    exit_code: int | None = None
    # ECS's stop code; empty when none was seen
    stop_code: str = ""
    # ECS's reason; empty when none was seen
    reason: str = ""
    # The stop that this runner asked for before it saw the end
    stop: StopRequest | None = None
    # The signal that made this runner leave before it saw the end; 0 for none
    left: int = 0
    # The reason is one that may be gone on another try
    temporary: bool = False
    # What made ECS stop the main container, when another container's end did; empty otherwise
    stopped_by: str = ""


def verdict(ending: Ending) -> Verdict:
    """Judges a run's end: the first row that fits."""
    for judge in (_overlap, _never_started, _stopped_by_us, _deadline, _ended_by_aws, _stopped_by_others, _own):
        judged = judge(ending)
        if judged is not None:
            return judged
    return _judged(Row.NO_RESULT, f"({_unseen(ending)})", again=_again(ending))


def _judged(row: Row, rest: str, *, code: int | None = None, again: RetryAdvice | None = None) -> Verdict:
    facts = ROWS[row]
    return Verdict(row, facts.code if code is None else code, f"{facts.phrase} {rest}", again or facts.again)


def _again(ending: Ending) -> RetryAdvice:
    return "ask" if ending.began or not ending.ended else "safe"


def _overlap(ending: Ending) -> Verdict | None:
    if ending.stop is None or ending.stop.by != "overlap" or ending.stop.refused:
        return None
    which = f": {ending.stop.run}" if ending.stop.run else ""
    return _judged(Row.OVERLAP, f"(another run is in progress, and the batch forbids a second){which}")


def _never_started(ending: Ending) -> Verdict | None:
    failed = ending.stop_code == FAILED_TO_START or (not ending.began and _by_aws(ending))
    if not ending.ended or not failed or _accepted(ending) is not None:
        return None
    again: RetryAdvice | None = "safe" if ending.temporary or _by_aws(ending) else None
    return _judged(Row.NEVER_STARTED, f"({ending.reason or ending.stop_code})", again=again)


def _stopped_by_us(ending: Ending) -> Verdict | None:
    stop = _accepted(ending)
    if stop is None:
        return None
    if stop.by == "unseen":
        rest = f"(whether another run is in progress could not be seen; {_afterwards(ending)})"
        return _judged(Row.NO_RESULT, rest, again=_again(ending))
    if stop.by == "signal":
        rest = f"on {signal.Signals(stop.signal).name} ({_afterwards(ending)})"
        return _judged(Row.SIGNAL, rest, code=128 + stop.signal, again=_again(ending))
    return _judged(Row.TIMEOUT, f"at the timeout ({_afterwards(ending)})", again=_again(ending))


def _deadline(ending: Ending) -> Verdict | None:
    if not ending.ended or not ending.reason.startswith((DEADLINE_REASON, MACHINE_TIMEOUT)):
        return None
    by_machine = ending.reason.startswith(MACHINE_TIMEOUT)
    when = "at the timeout, by its machine" if by_machine else "at the deadline kept by AWS"
    return _judged(Row.TIMEOUT, f"{when} ({_afterwards(ending)})")


def _ended_by_aws(ending: Ending) -> Verdict | None:
    if not ending.ended or not _by_aws(ending):
        return None
    return _judged(Row.ENDED_BY_AWS, f"({ending.stop_code or 'maintenance'}: {ending.reason or 'no reason given'})")


def _stopped_by_others(ending: Ending) -> Verdict | None:
    if not ending.ended or ending.stop_code != STOPPED_ON_REQUEST:
        return None
    rest = f"({ending.reason or 'no reason given'}; {_afterwards(ending)})"
    return _judged(Row.STOPPED_BY_OTHERS, rest, again=_again(ending))


def _own(ending: Ending) -> Verdict | None:
    if ending.stopped_by:
        return None
    if not ending.ended or ending.exit_code is None or ending.stop_code != ENDED_BY_ITSELF or ending.stop is not None:
        return None
    # An exit status has one byte: a larger number must not wrap round to 0.
    code = ending.exit_code if 0 <= ending.exit_code <= 255 else 255
    how = "ran out of memory" if OUT_OF_MEMORY in ending.reason else "ended by itself"
    return _judged(Row.OWN, f"({ending.container} {how})", code=code)


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
