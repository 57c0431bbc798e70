"""One attempt of a run on Fargate: waited for, started or joined, stopped for an older run, followed.

Each method does one step of `batchwright_runner.host.fargate.next_step` and says what it has seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.ends import ENDED_BY_ITSELF, MAINTENANCE, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.ending import ended_by_stop, stop_reason
from batchwright_runner.contract.judgment.state import TaskState, state_of
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.tasks import attempt_number, created_at, identity, name_of_run
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FIRST_CALL, Patience, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.end import come_back, ended_when
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.launch import Launcher, Started
from batchwright_runner.host.fargate.next_step import GaveWay, Nothing, TaskPresent
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.stop import NOT_STOPPED, stop_task
from batchwright_runner.host.fargate.task import NOT_YET
from batchwright_runner.host.fargate.tasks import age_of, describe
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.stage.paused import refuse_paused
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console

if TYPE_CHECKING:
    from batchwright_runner.host.fargate.queue import Queue

SEEN_WITHIN = 10.0
"""Seconds for which it is looked how old a task is that was there already."""
LATE_WITHIN, RENEWED_WITHIN = 15.0, 3600.0
"""Seconds for which credentials that are no good are waited out before a start: at first, and after a wait."""
LOOKED_AFTERWARDS = 5.0
"""Seconds for which it is looked what became of ours, once it was to give way."""


class OwnAttempt:
    """The current attempt of this runner's run.

    `wall`: seconds since 1970.
    `arn`: its task; empty where it has none yet.
    """

    def __init__(
        self,
        plan: RunPlan,
        options: RunOptions,
        stage: Stage,
        follower: TaskFollower,
        console: Console,
        deadlines: Deadlines,
        *,
        wall: Callable[[], float],
    ) -> None:
        self.plan = plan
        self.arn = ""
        self.joined = False
        self._options = options
        self._stage = stage
        self._follower = follower
        self._console = console
        self._queue: Queue | None = None
        self._wall = wall
        self._deadlines = deadlines
        self._launcher = Launcher(stage.aws, stage.waiter, stage.tell, lambda name: stage.read(name).manifest)
        self._own: list[str] = []
        self._waits_since: float | None = None
        self._started: Started | None = None
        self._started_at = 0.0

    def next(self) -> None:
        """Goes on to the next attempt."""
        self.plan = self.plan.next()
        self.arn = ""
        self._waits_since = None

    def join(self, task: Mapping[str, object]) -> TaskPresent:
        """Takes a task that was there already."""
        self.plan.refuse_other(task)
        arn = self.arn = str(task["taskArn"])
        self._own.append(arn)
        self.joined, self._started = True, None
        manifest, run = self.plan.manifest, self.plan.name
        state = state_of(task, manifest.container)
        ended = state.ended
        following = "is in progress" if self._options.detach else "is in progress: following it"
        when = ended_when(state)
        what = f"has ended{when and f', at {when}'}: this is its log and its result" if ended else following
        self._stage.tell.note(f"run {run} {what}")
        if not ended:
            self._deadlines.keep(manifest, arn, max(created_at(task) + self.plan.timeout, self._wall()))
        if not (self._options.detach and not ended):
            self.plan = replace(self.plan, attempt=attempt_number(task) or self.plan.attempt)
        return TaskPresent(over=ended)

    def wait(self, behind: str) -> TaskPresent | Nothing:
        """Waits until it is its turn.

        `behind`: the older run for which its task was stopped; empty where it has had none.
        """
        waiter = self._stage.waiter
        if self._waits_since is None:
            self._refuse_paused()
            self._waits_since = waiter.now()
        if behind:
            older = name_of_run(self.plan.manifest.batch, behind)
            self._stage.tell.note(f"run {older} was started earlier: ours was stopped, and waits again")
            self.arn, self.plan = "", self.plan.next()
        from batchwright_runner.host.fargate.queue import Queue  # only a batch that waits for other runs needs it

        self._queue = self._queue or Queue(self._stage, self._console)
        mine = self._queue.wait(self.plan, self._own, self._waits_since)
        if mine is not None:
            return self.join(mine)
        if waiter.now() > self._waits_since:
            self._refuse_paused(RENEWED_WITHIN)
        return Nothing(turn=True)

    def start(self) -> TaskPresent:
        """Asks ECS for its task."""
        if self.plan.manifest.overlap != "wait":
            self._refuse_paused()
        started = self._started = self._launcher.start(self.plan)
        plan, arn = started.plan, started.arn
        self.plan, self.arn, self.joined = plan, arn, started.joined
        if started.joined and (theirs := self._described()) is not None:
            plan.refuse_other(theirs)
        self._own.append(arn)
        how = "joined" if started.joined else "started"
        attempt = f", attempt {plan.attempt}" if plan.attempt > 1 else ""
        self._stage.tell.note(f"{how} run {plan.name}{attempt}")
        created = created_at(started.task) or self._wall()
        self._deadlines.keep(plan.manifest, arn, created + plan.timeout)
        self._started_at = self._stage.waiter.now()
        return TaskPresent(new=not started.joined)

    def give_way(self) -> TaskPresent | GaveWay:
        """Stops its task if an older run is in progress, or if that cannot be seen.

        A task that has ended by itself, because the look took so long, or that someone else stops, was not stopped by
        us: it is followed to its end.
        """
        from batchwright_runner.host.fargate.overlap import UNSEEN  # most batches let others run beside them

        plan, stage, problem, other = self.plan, self._stage, "", ""
        request = StopRequest("unseen")
        try:
            older = self._older_run()
            if not older:
                return TaskPresent()
            request = StopRequest("overlap", run=identity(older))
            other = name_of_run(plan.manifest.batch, older)
        except ApiError as error:
            problem = f"{UNSEEN}: {error}"
        reason = stop_reason(request)
        failure = stop_task(stage.aws, plan.manifest, self.arn, reason, stage.waiter)
        refused = "" if failure is None else f"{NOT_STOPPED}: {failure}"
        task = self._described()
        ours = None if task is None else state_of(task, plan.manifest.container, essential=plan.manifest.essential)
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
        self._deadlines.drop(self.arn)
        return GaveWay(request.run, began)

    def follow(self) -> RunEnd:
        """Follows its task to the end."""
        plan, arn = self.plan, self.arn
        left = self._left() if self.joined else plan.timeout - (self._stage.waiter.now() - self._started_at)
        return self._follower.follow(
            plan,
            arn,
            left=left,
            on_signal=self._options.on_signal,
            all_containers=self._options.all_containers,
            ended=partial(self._deadlines.drop, arn),
        )

    def over(self) -> bool:
        """Whether its task is seen to have ended."""
        return (task := self._described()) is not None and state_of(task, self.plan.manifest.container).ended

    def _refuse_paused(self, refused_for: float = LATE_WITHIN) -> None:
        if not self._options.even_if_paused:
            patience = replace(FIRST_CALL, seconds=max(FIRST_CALL.seconds, refused_for), refused_for=refused_for)
            refuse_paused(self._stage.aws, self.plan.manifest, self._stage.waiter, patience=patience, wall=self._wall)

    def _older_run(self) -> str:
        from batchwright_runner.host.fargate.overlap import older_run  # likewise

        plan, stage, started = self.plan, self._stage, self._started
        return older_run(
            stage.aws,
            plan.manifest,
            started.task if started else {},
            self._own,
            stage.waiter,
            signal_stops=self._options.on_signal == "stop" and not self._options.detach,
            within=plan.timeout,
        )

    def _left(self) -> float:
        """Seconds of the timeout that a task which was there already has left; all of them if ECS does not know it yet.

        Both its age and now are AWS's: this host's clock need not agree with AWS's.
        """
        plan, aws, waiter = self.plan, self._stage.aws, self._stage.waiter

        def age() -> float:
            return 0.0 if waiter.signals else age_of(aws, plan.manifest.cluster, self.arn)

        what = f"since when run {plan.name} is in progress cannot be seen"
        try:
            return plan.timeout - repeat(age, waiter, Patience(SEEN_WITHIN), trying=Trying(what, waiter))
        except ApiError as error:
            # Following has more patience than this look, and a task that runs is not left for it.
            self._stage.tell.note(f"{what}: {error}\nits timeout counts from now")
            return plan.timeout

    def _described(self) -> Mapping[str, object] | None:
        """Our task as ECS shows it; none if it does not, or not within seconds."""
        manifest, aws, waiter = self.plan.manifest, self._stage.aws, self._stage.waiter

        def look() -> Mapping[str, object]:
            tasks = describe(aws, manifest.cluster, [self.arn])
            if not tasks:
                raise TemporaryError(NOT_YET)
            return tasks[0]

        try:
            return look() if waiter.signals else repeat(look, waiter, Patience(LOOKED_AFTERWARDS))
        except (ApiError, TemporaryError):
            return None


def _ends_without_us(ours: TaskState, reason: str) -> bool:
    """Whether a task that was to give way has ended by itself, or was being stopped by someone else by then.

    Not where it could not start, or AWS ends it: such a run is tried again, and must not be beside another one.
    """
    if ours.stop_code == STOPPED_ON_REQUEST:
        return MAINTENANCE not in ours.reason and not ended_by_stop(ours, reason, accepted=False)
    return ours.stop_code == ENDED_BY_ITSELF
