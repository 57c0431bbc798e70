"""Follows a run of a workflow to its end: one loop for its execution and for all steps that run.

one turn   look   if it is time for that: new events of the execution, tasks of steps that have none yet, and the
                  end of each step that is over
           steps  each takes its turn: its task's state, its log
           obey   a signal stops the whole once, or leaves it

over       the execution has ended, and each of its steps has, with its log;
           or a stop was refused or is not waited for any longer, or a signal only makes this runner leave
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.executions import describe_execution
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.runs.follow import CHECKED, REFUSED_FOR
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.runs.stopping import GRACE, UNREACHABLE_FOR, Whereabouts
from batchwright_runner.host.runs.trouble import RepeatedLook, Troubles
from batchwright_runner.host.runs.vigil import Vigil
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.workflows.events import Child
from batchwright_runner.host.workflows.lines import ShownLog, StepLines
from batchwright_runner.host.workflows.look import WorkflowLook, batch_of, passes
from batchwright_runner.host.workflows.step import FollowedStep, QuietWaiter
from batchwright_runner.host.workflows.stop import WholeStop

if TYPE_CHECKING:
    from batchwright_runner.contract.executions import Execution

LOOKED, SOON = 2.5, 1.0
"""Seconds between two looks at the execution; and while a step's start or end is expected any moment."""
SOON_FOR = 30.0
"""Seconds for which that is so after something has changed."""
FOUND_WITHIN = 15.0
"""Seconds between two looks for the task of a step that has none, which grow so far: it may wait for another run."""
LATE = 15.0
"""Seconds without a step after which a note says so: a machine checks for some seconds whether it may begin."""
WRITE_PAUSE = 0.1
"""Seconds to pause at least while the log's reader is behind."""
WORKFLOW = RepeatedLook("the workflow cannot be seen", "the workflow can be seen again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How a run is followed."""

    on_signal: Literal["stop", "leave"] = "stop"
    log: ShownLog = "all"
    all_containers: bool = False
    # Whether each line begins with its step's name
    labeled: bool = True
    # The only step whose log is shown; empty for any
    only: str = ""
    view: LogView = WHOLE
    # Why it is stopped at once; empty for it is not
    stop: str = ""


class WorkflowFollower:
    """Follows one run.

    `signal`: the signal that made this runner stop it, or leave it; 0 for none.
    `lost`: why it cannot be seen any more; empty where it can.
    """

    def __init__(
        self, stage: Stage, workflow: WorkflowManifest, arn: str, output: Output, console: Console, following: Following
    ) -> None:
        self._stage = stage
        self._waiter = stage.waiter
        self._unhurried = replace(stage, waiter=QuietWaiter(stage.waiter))
        self.workflow = workflow
        self.arn = arn
        self._output = output
        self._console = console
        self._following = following
        self._look = WorkflowLook(stage.aws, arn, stage.waiter.now)
        self._troubles = Troubles.told_to(stage.tell.note, stage.waiter.now)
        self._manifests: dict[str, BatchManifest | None] = {}
        self.steps: dict[str, FollowedStep] = {}
        self.execution: Execution | None = None
        self.stop: WholeStop | None = None
        self._next_look = self._next_find = self._changed_at = stage.waiter.now()
        self._find_pause = SOON
        self._expected = self._told_to_wait = False
        self._began_at = stage.waiter.now()
        self._refused_since: float | None = None
        self.signal = 0
        self.lost = ""

    def follow(self) -> Self:
        """Follows it to its end, or until there is a reason to leave. Returns itself."""
        with StepLines(self._console) as lines:
            try:
                with Vigil(self._check, CHECKED, CHECKED):
                    while not self._over:
                        self._turn(lines)
                self.signal = self._waiter.signals[0] if self._waiter.signals else 0
            except LeaveNow as left:
                self.signal = left.first
        for step in self.steps.values():
            step.left()
        return self

    @property
    def _over(self) -> bool:
        if self.lost:
            return True
        if self.execution is not None and all(step.over for step in self.steps.values()):
            return True
        if self._waiter.signals and self._following.on_signal == "leave":
            return True
        return self.stop is not None and self._given_up(self.stop)

    def _given_up(self, stop: WholeStop) -> bool:
        """Whether the end of a stop is not waited for any more."""
        longest = max((step.stop_timeout for step in self.steps.values()), default=0)
        if stop.sent_at is None:
            return bool(stop.refused) or self._waiter.now() - stop.asked_at > longest + UNREACHABLE_FOR
        return self._waiter.now() - stop.sent_at > longest + GRACE

    def _turn(self, lines: StepLines) -> None:
        if self._waiter.now() >= self._next_look:
            self._try(lambda: self._looks(lines))
        for step in self.steps.values():
            step.turn()
        self._obey()
        if not self._over:
            self._wait(lines.tick())

    def _wait(self, tick: float) -> None:
        steps = self.steps.values()
        soonest = min([tick, self._next_look - self._waiter.now(), *(step.pause() for step in steps)])
        watched = [step.watch() for step in steps]
        write = dict.fromkeys(descriptor for _, writes in watched for descriptor in writes)
        read = [descriptor for reads, _ in watched for descriptor in reads]
        self._waiter.wait(max(soonest, WRITE_PAUSE if self._output.full else 0.0), read, list(write))

    def _check(self) -> None:
        """Reports a call that hangs. For another thread."""
        self._troubles.outage.check()
        for step in list(self.steps.values()):
            step.check()

    def _obey(self) -> None:
        """Stops the whole, once it is asked for; what does not get through is repeated."""
        if self.execution is not None and not self._going:
            return
        if self.stop is None and (reason := self._asked_to_stop()):
            self.stop = WholeStop(self._stage.aws, self._waiter, self.arn, reason)
        if self.stop is not None:
            before = self.stop.sent_at
            self.stop.try_now(step.child.arn for step in self._going)
            if before != self.stop.sent_at:
                self._next_look = self._waiter.now()  # a step may have begun just before

    def _asked_to_stop(self) -> str:
        """Why the run is to be stopped; empty where no one asks for it."""
        if self._following.stop or not self._waiter.signals or self._following.on_signal == "leave":
            return self._following.stop
        number, here = self._waiter.signals[0], Whereabouts.here()
        running = "".join(f", {step.child.step}" for step in self._going)
        name = signal.Signals(number).name
        self._console.note(f"{name}: stopping the workflow{running}. A second signal leaves at once")
        return stop_reason(StopRequest("signal", number, host=here.host, attended=here.attended))

    @property
    def _going(self) -> list[FollowedStep]:
        """The steps that have not ended."""
        return [step for step in self.steps.values() if step.execution is None]

    def _try(self, look: Callable[[], None]) -> None:
        began = self._waiter.now()
        try:
            with self._troubles.outage.asking(WORKFLOW):
                look()
        except ApiError as error:
            self._failed(error, began)
        else:
            self._refused_since = None
            self._troubles.good(WORKFLOW)
        now = self._waiter.now()
        expected = any(step.in_transition for step in self.steps.values()) or not self._going
        if expected and not self._expected:
            self._changed_at = now
        self._expected = expected
        self._next_look = now + (SOON if expected and now - self._changed_at < SOON_FOR else LOOKED)

    def _failed(self, error: ApiError, began: float) -> None:
        if passes(error):
            self._troubles.outage.failed(WORKFLOW, str(error), began)
            return
        self._troubles.refusal.failed(WORKFLOW, str(error), began)
        self._refused_since = began if self._refused_since is None else self._refused_since
        if self._waiter.now() - self._refused_since > REFUSED_FOR:
            self.lost = str(error)

    def _looks(self, lines: StepLines) -> None:
        history = self._look.history
        before, first = history.last, not history.last
        if not history.over:
            self._look.at_history()
        self._judge()
        for child in history.children.values():
            if child.step not in self.steps:
                self._begin(child, lines)
        self._judge()
        if history.over and self.execution is None:
            self.execution = describe_execution(self._stage.aws, self.arn)
            lines.over()
        self._say_that_it_waits()
        if history.last != before:
            self._changed_at, self._find_pause, self._next_find = self._waiter.now(), SOON, self._waiter.now()
        self._find()
        for step in self.steps.values() if first else ():  # the logs of those that had ended before
            if step.execution is not None and step.manifest is not None:
                self._look.at_past_tasks(step.child, step.manifest)
                step.show_past(self._stage)

    def _say_that_it_waits(self) -> None:
        """Notes, once, that no step has begun yet."""
        late = not self.steps and self.execution is None and self._waiter.now() - self._began_at > LATE
        if late and not self._told_to_wait:
            self._console.note("no step has begun yet: its machine may wait for another run of the workflow")
            self._told_to_wait = True

    def _judge(self) -> None:
        """Asks of each step how it has ended whose end the workflow's machine has seen. It may go on all the same."""
        for step in self._going:
            if step.child.over not in (None, step.judged) or self._look.history.over:
                execution = self._look.at_end_of(step.child)
                step.judged = step.child.over
                if execution is not None:
                    step.ended(execution)

    def _find(self) -> None:
        """Looks for the tasks of steps that have none."""
        now = self._waiter.now()
        lacking = [step.manifest for step in self.steps.values() if step.lacks_task and step.manifest is not None]
        if not lacking or now < self._next_find:
            return
        self._look.pool.find(sorted({manifest.cluster for manifest in lacking}))
        self._next_find = now + self._find_pause
        self._find_pause = min(self._find_pause * 1.5, FOUND_WITHIN)

    def _begin(self, child: Child, lines: StepLines) -> None:
        """Begins to follow a step."""
        shows_log = not self._following.only or self._following.only == child.step
        step = FollowedStep(
            child,
            self._manifest_of(child),
            self._look.pool,
            self._waiter,
            self._output.labeled(f"{child.step} | ".encode() if self._following.labeled else b""),
            lines,
            log=self._following.log if shows_log else "none",
            all_containers=self._following.all_containers,
            view=self._following.view,
            beside=lambda: sum(followed.reads for followed in self.steps.values()),
        )
        self.steps[child.step] = step
        lines.begin(child.step, child.began)

    def _manifest_of(self, child: Child) -> BatchManifest | None:
        """The manifest of the batch whose machine runs a step; none where it cannot be used."""
        name = batch_of(self.workflow, child)
        if name not in self._manifests:
            try:
                self._manifests[name] = self._unhurried.read_batch(name)
            except RunnerError as error:
                self._console.note(f"the log of step {child.step} cannot be shown: {error}")
                self._manifests[name] = None
        return self._manifests[name]
