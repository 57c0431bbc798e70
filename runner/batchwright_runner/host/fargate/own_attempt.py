"""One attempt of a run on Fargate: waited for, started, stopped for an older run, followed.

Each method does one step of `batchwright_runner.host.fargate.next_step` and says what it has seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.ends import ENDED_BY_ITSELF, MAINTENANCE, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.ending import ended_by_stop, stop_reason
from batchwright_runner.contract.judgment.state import TaskState, state_of
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import created_at, identity, name_of_run
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FIRST_CALL, Patience, repeat
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.end import come_back
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.launch import Launcher, Started
from batchwright_runner.host.fargate.next_step import GaveWay, Nothing, TaskPresent
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.task import NOT_STOPPED, NOT_YET, stop_task
from batchwright_runner.host.fargate.tasks import describe
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.stage.pauses import refuse_paused
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console

LATE_WITHIN, RENEWED_WITHIN = 15.0, 3600.0
"""Seconds for which credentials that are no good are waited out before a start: at first, and after a wait."""
LOOKED_AFTERWARDS = 5.0
"""Seconds for which it is looked what became of ours, once it was to give way."""


@dataclass(slots=True)
class OwnAttempt:
    """The current attempt of this runner's run."""

    plan: RunPlan
    options: RunOptions
    stage: Stage
    follower: TaskFollower
    console: Console
    deadlines: Deadlines
    # Gives seconds since 1970
    wall: Callable[[], float]
    # Its task; empty where it has none yet
    arn: str = ""
    # A task that another runner has started under the same given id; empty for none
    theirs: Mapping[str, Any] = field(default_factory=dict)
    # The tasks of this run
    own: list[str] = field(default_factory=list)
    waits_since: float | None = None
    started: Started | None = None
    started_at: float = 0.0

    def next(self) -> None:
        """Goes on to the next attempt."""
        self.plan = self.plan.next()
        self.arn = ""
        self.waits_since = None

    def wait(self, behind: str) -> TaskPresent | Nothing:
        """Waits until it is its turn.

        `behind`: the older run for which its task was stopped; empty where it has had none.
        """
        waiter = self.stage.waiter
        if self.waits_since is None:
            self._refuse_paused()
            self.waits_since = waiter.now()
        if behind:
            older = name_of_run(self.plan.manifest.batch, behind)
            self.stage.tell.note(f"run {older} was started earlier: ours was stopped, and waits again")
            self.arn, self.plan = "", self.plan.next()
        from batchwright_runner.host.fargate.queue import Queue  # only a batch that waits for other runs needs it

        if mine := Queue(self.stage, self.console).wait(self.plan, self.own, self.waits_since):
            self.theirs = mine
            return TaskPresent()
        if waiter.now() > self.waits_since:
            self._refuse_paused(RENEWED_WITHIN)
        return Nothing(turn=True)

    def start(self) -> TaskPresent:
        """Asks ECS for its task."""
        if not self.plan.manifest.at_once.waits:
            self._refuse_paused()
        stage = self.stage
        launcher = Launcher(stage.aws, stage.waiter, stage.tell, stage.read_batch)
        started = self.started = launcher.start(self.plan)
        plan, arn = started.plan, started.arn
        self.plan, self.arn = plan, arn
        if started.joined and plan.run.given:
            unseen = {"taskArn": arn, "createdAt": self.wall()}  # and what was asked for is taken for what was given
            self.theirs = seen_task(self.stage, self.plan.manifest, self.arn) or {**plan.request(), **unseen}
            return TaskPresent()
        self.own.append(arn)
        attempt = f", attempt {plan.attempt}" if plan.attempt > 1 else ""
        self.stage.tell.note(f"started run {plan.name}{attempt}")
        created = created_at(started.task) or self.wall()
        self.deadlines.keep(plan.manifest, arn, created + plan.timeout)
        self.started_at = self.stage.waiter.now()
        return TaskPresent(new=not started.joined)

    def give_way(self) -> TaskPresent | GaveWay:
        """Stops its task if an older run is in progress, or if that cannot be seen.

        A task that has ended by itself, because the look took so long, or that someone else stops, was not stopped by
        us: it is followed to its end.
        """
        from batchwright_runner.host.fargate.overlap import UNSEEN, older_run  # most batches let others run beside

        plan, stage, problem, other = self.plan, self.stage, "", ""
        request = StopRequest("unseen")
        try:
            stops = self.options.on_signal == "stop" and not self.options.detach
            task = self.started.task if self.started else {}
            older = older_run(
                stage.aws, plan.manifest, task, self.own, stage.waiter, signal_stops=stops, within=plan.timeout
            )
            if not older:
                return TaskPresent()
            request = StopRequest("overlap", run=identity(older))
            other = name_of_run(plan.manifest.batch, older)
        except ApiError as error:
            problem = f"{UNSEEN}: {error}"
        reason = stop_reason(request)
        failure = stop_task(stage.aws, plan.manifest, self.arn, reason, stage.waiter)
        refused = "" if failure is None else f"{NOT_STOPPED}: {failure}"
        seen = seen_task(stage, plan.manifest, self.arn)
        ours = None if seen is None else state_of(seen, plan.manifest.container, essential=plan.manifest.essential)
        if ours is not None and _ends_without_us(ours, reason):
            how = "had ended by itself" if ours.stop_code == ENDED_BY_ITSELF else "was being stopped already"
            stage.tell.note(f"{problem or f'run {other} is in progress'}\nours {how} by then")
            return TaskPresent(over=True)
        began = ours is None or ours.began
        if problem or refused:
            see = command_line("logs", name_of_run(plan.manifest.batch, self.arn), plan.manifest.stage)
            unread = f". It may have begun before, and lines may be missing: see all with {see}" if began else ""
            what = "Ours still runs" if refused else "" if ours else "Ours is to stop, and its end was not seen"
            hint = come_back(plan.manifest, self.arn, what) if what else f"Ours was stopped{unread}"
            raise RunnerError(
                "; ".join(part for part in (problem or f"run {other} is in progress", refused) if part),
                hint=hint,
                again="ask" if refused or began else "safe",
            )
        self.deadlines.drop(self.arn)
        return GaveWay(request.run, began)

    def follow(self) -> RunEnd:
        """Follows its task to the end."""
        plan, arn = self.plan, self.arn
        joined = self.started is not None and self.started.joined
        left = plan.timeout - (self.stage.waiter.now() - self.started_at)
        return self.follower.follow(
            plan,
            arn,
            left=self.follower.left(plan, arn) if joined else left,
            on_signal=self.options.on_signal,
            all_containers=self.options.all_containers,
            ended=partial(self.deadlines.drop, arn),
        )

    def _refuse_paused(self, refused_for: float = LATE_WITHIN) -> None:
        if not self.options.even_if_paused:
            patience = replace(FIRST_CALL, seconds=max(FIRST_CALL.seconds, refused_for), refused_for=refused_for)
            refuse_paused(self.stage.aws, self.plan.manifest, self.stage.waiter, patience=patience, wall=self.wall)


def ending_of(gave_way: GaveWay) -> Ending:
    """The end of an attempt that gave way. Pure."""
    return Ending(began=gave_way.began, ended=False, stop=StopRequest("overlap", run=gave_way.run))


def seen_task(stage: Stage, manifest: BatchManifest, arn: str) -> Mapping[str, Any] | None:
    """A task as ECS shows it; none if it does not, or not within seconds."""

    def look() -> Mapping[str, Any]:
        tasks = describe(stage.aws, manifest.cluster, [arn])
        if not tasks:
            raise TemporaryError(NOT_YET)
        return tasks[0]

    try:
        return look() if stage.waiter.signals else repeat(look, stage.waiter, Patience(LOOKED_AFTERWARDS))
    except (ApiError, TemporaryError):
        return None


def _ends_without_us(ours: TaskState, reason: str) -> bool:
    """Whether a task that was to give way has ended by itself, or was being stopped by someone else by then.

    Not where it could not start, or AWS ends it: such a run is tried again, and must not be beside another one.
    """
    if ours.stop_code == STOPPED_ON_REQUEST:
        return MAINTENANCE not in ours.reason and not ended_by_stop(ours, reason, accepted=False)
    return ours.stop_code == ENDED_BY_ITSELF
