"""The one way from what was seen of a run to its ending. Pure.

Whoever says how a run has ended goes through `ending_of`: the runner that follows it, one that joins it, one that finds
it in ECS or in the history afterwards. So all of them say the same. A stop that a runner asked for is recognized by
the reason that it gave, which ECS keeps.
"""

import re
import signal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.ends import (
    AT_A_TERMINAL,
    MAINTENANCE,
    ON_HOST,
    OURS,
    RUNNER_OVERLAP,
    RUNNER_SIGNAL,
    RUNNER_TIMEOUT,
    RUNNER_UNSEEN,
    STOPPED_ON_REQUEST,
)
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest

LONGEST_HOST = 64
"""Characters of a host name in a reason: as many as Linux allows (``HOST_NAME_MAX``). ECS cuts a reason at 255."""
_SIGNAL = re.compile(
    re.escape(RUNNER_SIGNAL).replace(r"\{\}", r"(\w+)")
    + f"({re.escape(AT_A_TERMINAL)})?"
    + f"(?:{ON_HOST.format(r'([A-Za-z0-9._-]+)')})?"
)


def stop_reason(request: StopRequest, timeout: float = 0.0) -> str:
    """The reason that is given with a stop.

    `timeout`: the timeout that has passed, in seconds, for ``by="timeout"``.
    """
    if request.by == "signal":
        host = re.sub(r"[^A-Za-z0-9._-]", "", request.host)[:LONGEST_HOST]
        suffix = (AT_A_TERMINAL if request.attended else "") + (ON_HOST.format(host) if host else "")
        return RUNNER_SIGNAL.format(signal.Signals(request.signal).name) + suffix
    if request.by == "timeout":
        return RUNNER_TIMEOUT.format(format_duration(timeout))
    return RUNNER_OVERLAP.format(request.run) if request.by == "overlap" else RUNNER_UNSEEN


def stop_request(reason: str) -> StopRequest | None:
    """The stop that a runner asked for with a reason; none if it was not a runner."""
    by_signal = _SIGNAL.match(reason)
    if by_signal is not None:
        number = signal.Signals.__members__.get(by_signal[1])
        host, attended = by_signal[3] or "", by_signal[2] is not None
        return StopRequest("signal", number, host=host, attended=attended) if number is not None else None
    for by, form in (("timeout", RUNNER_TIMEOUT), ("overlap", RUNNER_OVERLAP)):
        match = re.match(re.escape(form).replace(r"\{\}", "(.+)"), reason)
        if match is not None:
            return StopRequest("timeout") if by == "timeout" else StopRequest("overlap", run=match[1])
    return StopRequest("unseen") if reason.startswith(RUNNER_UNSEEN) else None


def ended_by_stop(state: TaskState, reason: str, *, accepted: bool) -> bool:
    """Whether a stop that a runner asked for is what ended a run, by what ECS says of the end.

    Another stop code is proof that it was not, and so is the reason of a task that AWS retires: that has the stop code
    of a stop. ECS keeps the reason of the stop that was first: where that is another one of batchwright's, all who ask
    later say so, and so do we; of any other it decides only where it is not known that our stop was taken.
    """
    if state.stop_code != STOPPED_ON_REQUEST or MAINTENANCE in state.reason:
        return False
    if not state.reason or state.reason.startswith(reason):
        return True
    return accepted and not state.reason.startswith(OURS)


def ending_of(
    container: str, state: TaskState, *, stop: StopRequest | None = None, left: int = 0, lost: str = ""
) -> Ending:
    """The ending that a state shows.

    `left`: the signal that made this runner leave before it saw the end; 0 for none.
    `lost`: why the state cannot be seen any more; empty if it can.
    """
    if stop is None and state.ended and state.stop_code == STOPPED_ON_REQUEST:
        stop = stop_request(state.reason)
    return Ending(
        container=container,
        ended=state.ended,
        began=state.began,
        exit_code=state.exit_code,
        stop_code=state.stop_code,
        reason=state.reason or lost,
        stop=stop,
        left=left,
        temporary=state.temporary,
        stopped_by=state.stopped_by,
    )
