"""How a task in containers is, as the follow loop wants to know it: in ECS's words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.workbench.local.containers.container import TaskContainer


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a task is stopped.

    Attributes:
        code: ECS's stop code.
        reason: The reason, for people.
        by: The other container whose end stopped it, and how that ended; empty for none.
    """

    code: str
    reason: str
    by: str = ""


def state_of(main: TaskContainer, stop: Stop | None, times: Mapping[str, float], *, over: bool) -> TaskState:
    """The task's state.

    Args:
        main: Its main container.
        stop: Why it is stopped; ``None`` while it is not.
        times: When what happened, in seconds since 1970, by ECS's names.
        over: Whether nothing of it runs any more, and nothing will.
    """
    status = "RUNNING" if main.began else "PENDING"
    if over:
        status = "STOPPED"
    elif stop is not None:
        status = "DEPROVISIONING" if main.stopped else "STOPPING"
    reasons = (stop.reason if stop is not None else "", main.problem)
    return TaskState(
        status=status,
        began=main.began,
        ended=stop is not None and (main.stopped or over),
        exit_code=main.exit_code,
        stop_code=stop.code if stop is not None else "",
        reason=": ".join(dict.fromkeys(part for part in reasons if part)),
        stopped_by=stop.by if stop is not None else "",
        image_digest=main.plan.digest,
        times=dict(times),
    )
