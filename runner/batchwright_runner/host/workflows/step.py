"""A step of a workflow that is followed: its tasks one after another, its log, and what its end means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.executions import Execution, verdict_of
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.state import TaskState, containers_of, state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.fargate.pace import PollingPace
from batchwright_runner.host.fargate.task import FargateTask
from batchwright_runner.host.runs.follow import Follower, Limits
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import LogPage
from batchwright_runner.host.runs.workflow_end import StepEnd
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.workflows.events import Child
from batchwright_runner.host.workflows.lines import ShownLog, StepLines, StepWatcher
from batchwright_runner.host.workflows.look import TaskPool

NEVER_ASKED = frozenset({Row.PAUSED, Row.OVERLAP, Row.USAGE})
"""The ends of a step for which no task was requested."""
SHARE = 0.3
"""Seconds between two reads of a step's log, for each log that is read at once: ten calls in a second, with their
further pages, of the 10 to 25 that an account has (CloudWatch Logs quotas, GetLogEvents, 2026-11)."""
SHOWN_WITHIN = 10.0
"""Seconds after its end for which a step's task is looked for: ECS may show it late."""


class QuietWaiter:
    """A waiter that shows no signals: what one means is the whole workflow's matter, not a step's."""

    signals: Sequence[int] = ()

    def __init__(self, waiter: Waiter) -> None:
        self.now = waiter.now
        self.wait = waiter.wait
        self.note = waiter.note


class SharedPace(PollingPace):
    """The pace of one step among others: CloudWatch Logs' quota is for all of them, and for others in the account."""

    def __init__(self, now: float, *, stopped: Callable[[], bool], beside: Callable[[], int]) -> None:
        super().__init__(now, stopped=stopped)
        self._beside = beside

    def saw_log(self, now: float, page: LogPage) -> None:
        """Learns from a page. While it runs, the next one is read the later, the more logs there are."""
        super().saw_log(now, page)
        if not self._over:
            self._next_log = max(self._next_log, now + SHARE * self._beside())


class _Unlogged(FargateTask):
    """A task whose log is not read."""

    def read_log(self, container: str, token: str) -> LogPage:  # noqa: ARG002 - as a task has it
        """Nothing, and nothing will come."""
        return LogPage((), token=token, closed=True)


@dataclass(slots=True, eq=False)
class FollowedStep:
    """A step."""

    child: Child
    # Its batch; none where that cannot be used: its log is not shown then
    manifest: BatchManifest | None
    pool: TaskPool
    waiter: Waiter
    output: Output
    lines: StepLines
    log: ShownLog = "all"
    all_containers: bool = False
    view: LogView = WHOLE
    # How many steps' logs are read at once. Default: its own alone.
    beside: Callable[[], int] = lambda: 1
    # The execution once it has ended; none before
    execution: Execution | None = None
    # Why lines of its log may be missing; empty when none are
    incomplete: str = ""
    # The end, as the workflow's machine saw it, after which the execution was asked; none for none
    judged: float | None = None
    _follower: Follower | None = None
    _pace: PollingPace | None = None
    _met: list[str] = field(default_factory=list)
    _of_task: Verdict | None = None
    _left: TaskState | None = None
    _past_shown: bool = False
    _ended_at: float = float("-inf")

    @property
    def over(self) -> bool:
        """Whether it has ended, and its log is complete."""
        return self.execution is not None and self._follower is None and not self.lacks_task

    @property
    def reads(self) -> bool:
        """Whether its log is read now."""
        return self._follower is not None

    @property
    def stop_timeout(self) -> int:
        """Seconds that its main container may take to end after SIGTERM."""
        return self.manifest.stop_timeout_seconds if self.manifest is not None else 0

    @property
    def lacks_task(self) -> bool:
        """Whether no task of it is followed now, and one may be there, or come."""
        if self.manifest is None or self._follower is not None:
            return False
        if self.execution is None:
            return True
        late = self.waiter.now() - self._ended_at < SHOWN_WITHIN
        return late and not self._met_last and self.verdict.row not in NEVER_ASKED

    @property
    def _met_last(self) -> bool:
        """Whether its last task is known: that which its end names, where it names one."""
        task = self.execution.task if self.execution is not None else ""
        return task in self._met if task else bool(self._met)

    @property
    def in_transition(self) -> bool:
        """Whether its task, or its end, is expected any moment."""
        state = self._follower.state if self._follower is not None else None
        return self.execution is None and (state is None or state.ended)

    @property
    def verdict(self) -> Verdict:
        """What its end means, in the words of its last task where both say the same."""
        if self.execution is None:
            raise ValueError(f"step {self.child.step} has not ended")
        whole, last = verdict_of(self.execution), self._of_task
        if self.execution.status == "ABORTED" and self.execution.cause:
            return whole  # the task says only that it was stopped
        return last if last is not None and (last.row, last.code) == (whole.row, whole.code) else whole

    @property
    def end(self) -> StepEnd:
        """What has become of it."""
        ended = self.verdict if self.execution is not None else None
        batch = self.manifest.batch if self.manifest is not None else self.child.step
        return self.child.end(batch, self.execution, ended, {"task": self._met[-1] if self._met else ""})

    @property
    def goes_on(self) -> str:
        """The ARN of what may still go on of it: its execution, or that one's task; empty for nothing."""
        if self.execution is None:
            return self.child.arn
        return self._met[-1] if self._left is not None and not self._left.ended else ""

    @property
    def named(self) -> str:
        """``BATCH@ID`` of what may still go on of it."""
        return name_of_run(self.manifest.batch if self.manifest is not None else self.child.step, self.goes_on)

    def ended(self, execution: Execution) -> None:
        """The end of its execution was seen."""
        self.execution = execution
        self._ended_at = self.waiter.now()
        end = self.end
        took = "" if end.seconds is None else f", {format_duration(end.seconds)}"
        self.lines.end(self.child.step, f"{end.word}{took}", execution.stopped or self.child.began)

    def turn(self) -> None:
        """Does what is due, and does not wait."""
        if self._follower is None:
            self._meet()
        if self._follower is not None:
            self._follower.turn()
            if self._follower.over:
                self._finish(self._follower)

    def left(self) -> None:
        """It is not followed any more; where it is not over, or its last task was never seen, lines may be missing."""
        if self._follower is not None:
            self._left = self._follower.state
            self._finish(self._follower)
            self.incomplete = self.incomplete or "the run was left before its end"
        elif self.execution is not None and self.manifest is not None and not self._met_last and self._shows_log:
            asked = bool(self.execution.task) or self.verdict.row is Row.OWN
            self.incomplete = self.incomplete or ("its last task was not seen" if asked else "")

    def pause(self) -> float:
        """Seconds until its next turn is due."""
        return self._follower.pause() if self._follower is not None else float("inf")

    def watch(self) -> tuple[Sequence[int], Sequence[int]]:
        """Descriptors that make its next turn due."""
        return self._follower.watch() if self._follower is not None else ((), ())

    def check(self) -> None:
        """Reports a call that hangs. For another thread."""
        if self._follower is not None:
            self._follower.check()

    def show_past(self, stage: Stage) -> None:
        """Shows the logs of a step that had ended when it was seen first: one after another, in full."""
        manifest, reader = self.manifest, LogReader(stage, self.output)
        if manifest is None:
            return
        for task in self.pool.of(self.child.name):
            state = state_of(task, manifest.container, essential=manifest.essential)
            self._met.append(str(task["taskArn"]))
            self._of_task = verdict(ending_of(manifest.container, state))
            if self._shows_log:
                containers = containers_of(task, manifest.container) if self.all_containers else None
                unread = reader.possible(manifest, self._met[-1], state, containers, self.view)
                self.incomplete = unread or self.incomplete
        self._past_shown = True

    @property
    def _shows_log(self) -> bool:
        """Whether the log of a step that has ended is shown."""
        return self.log == "all" or (self.log == "failed" and self.end.state.has_failed)

    def _meet(self) -> None:
        """Begins to follow the next task; where the logs of failed steps alone are shown, the last one's once more."""
        tasks = self.pool.of(self.child.name) if self.manifest is not None else []
        new = next((arn for arn in (str(task["taskArn"]) for task in tasks) if arn not in self._met), None)
        if new is not None:
            self._met.append(new)
            self._follower = self._followed(new, logged=self.log == "all")
        elif (
            self.log == "failed"
            and not self._past_shown
            and self._met
            and self.execution is not None
            and self.end.state.has_failed
        ):
            self._past_shown = True
            self._follower = self._followed(self._met[-1], logged=True)

    def _followed(self, arn: str, *, logged: bool) -> Follower:
        assert self.manifest is not None  # noqa: S101 - only then tasks are looked for
        waiter, manifest = self.waiter, self.manifest
        task = (FargateTask if logged else _Unlogged)(
            self.pool,
            manifest,
            arn,
            clock=waiter.now,
            all_containers=self.all_containers,
            execution=self.child.arn,
            view=self.view,
        )
        limits = Limits(
            deadline=float("inf"),
            timeout=0.0,
            stop_timeout=manifest.stop_timeout_seconds,
            container=manifest.container,
        )
        self._pace = SharedPace(waiter.now(), stopped=lambda: bool(waiter.signals), beside=self.beside)
        watcher = StepWatcher(self.lines, self.child.step)
        return Follower(task, limits, pace=self._pace, waiter=QuietWaiter(waiter), output=self.output, watcher=watcher)

    def _finish(self, follower: Follower) -> None:
        self._follower = None
        self._of_task = verdict(follower.ending())
        gave_up = self._pace is not None and self._pace.gave_up(self.waiter.now())
        unread = "the log could not be read to its end" if gave_up else ""
        self.incomplete = follower.incomplete or unread or self.incomplete
