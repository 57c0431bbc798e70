"""One container of a running task, as its conductor knows it, and the task's state in ECS's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.workbench.local.containers.health import Health
from batchwright_runner.workbench.local.containers.task_plan import ContainerPlan

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
"""ECS's words (ECS developer guide, "Stopped task errors", 2026-11)."""


@dataclass
class TaskContainer:
    """A container and what has been seen of it. Times are the conductor's."""

    plan: ContainerPlan
    # The engine's id; empty before it is made
    id: str = ""
    started_at: float | None = None
    # It has ended, or will never start
    stopped: bool = False
    exit_code: int | None = None
    # When it ended, in seconds since 1970 by the engine's clock; 0 before
    finished_at: float = 0.0
    # Why it has no code, or was killed
    problem: str = ""
    health: Health = field(default_factory=Health)
    signaled: bool = False
    kill_at: float = float("inf")

    @property
    def began(self) -> bool:
        """Whether it has been started."""
        return self.started_at is not None

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.began and not self.stopped

    @property
    def waits(self) -> bool:
        """Whether it has not been started and may be."""
        return not self.began and not self.stopped

    def age(self, now: float) -> float:
        """Seconds since it was started; 0 before."""
        return now - self.started_at if self.started_at is not None else 0.0

    def has_ended(self, state: Mapping[str, Any]) -> None:
        """Takes the engine's state of a container that has ended."""
        self.stopped = True
        self.kill_at = float("inf")
        self.exit_code = int(state.get("ExitCode", 0))
        self.finished_at = seconds(str(state.get("FinishedAt", "")))
        if state.get("OOMKilled"):
            self.problem = OUT_OF_MEMORY

    def cannot(self, problem: str) -> None:
        """It will never start, or nothing is known of its end."""
        self.stopped = True
        self.kill_at = float("inf")
        self.problem = problem

    @property
    def end(self) -> str:
        """How it has ended, for people."""
        if self.exit_code is None:
            ending = "ended without a code" if self.began else "did not start"
            return f"{self.plan.name} {ending} ({self.problem})"
        return f"{self.plan.name} ended with {self.exit_code}" + (f" ({self.problem})" if self.problem else "")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a task is stopped."""

    code: str
    reason: str
    # The other container whose end stopped it, and how that ended; empty for none
    by: str = ""


def state_of(main: TaskContainer, stop: Stop | None, times: Mapping[str, float], *, over: bool) -> TaskState:
    """The task's state, as the follow loop wants to know it. Pure.

    `stop`: why it is stopped; ``None`` while it is not.
    `times`: when what happened, in seconds since 1970, by ECS's names.
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


def seconds(moment: str) -> float:
    """A moment of the engine in seconds since 1970; 0 for one that cannot be read."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0.0
