"""Runs one batch on Fargate."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from batchwright_runner.contract.ends import ENDED_BY_ITSELF, MAINTENANCE, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.ending import ended_by_stop, ending_of, stop_reason
from batchwright_runner.contract.judgment.retries import after, why_again
from batchwright_runner.contract.judgment.state import TaskState, containers_of, state_of
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest, verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import OverlapError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, backoff, retry
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.earlier import Earlier, find_earlier
from batchwright_runner.host.fargate.end import (
    come_back,
    run_end,
    task_link,
    with_all_containers,
    with_cost_of,
)
from batchwright_runner.host.fargate.executions import identity
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.history import PastRun
from batchwright_runner.host.fargate.launch import Launcher, Started
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.fargate.overlap import UNSEEN, older_run
from batchwright_runner.host.fargate.queue import Queue
from batchwright_runner.host.fargate.request import FollowOptions, RunPlan
from batchwright_runner.host.fargate.stop import NOT_STOPPED, stop_task
from batchwright_runner.host.fargate.task import NOT_YET, attempt_number, created_at
from batchwright_runner.host.fargate.tasks import age_of, describe, tasks_of_run
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.stage.pauses import refuse_paused
from batchwright_runner.host.stage.session import Stage

FIRST_RETRY = 3
"""The backoff step that a failed start is tried again with."""
SEEN_WITHIN = 10.0
"""Seconds for which it is looked how old a task is that was there already."""
LOOKED_AFTERWARDS = 5.0
"""Seconds for which it is looked what became of ours, once it was to give way."""
FIRST_TO_OTHERS = 5.0
"""Seconds for which another runner of the same run is left to make the next attempt, which this one sees then."""
LOOKED_AGAIN = 1.0
UNREAD = "it may have begun before it was stopped for the other run, and its log was not read"
RETRY_PAUSE = 15.0
"""Seconds between attempts after failed starts at most."""


class FargateRun:
    """Runs one batch, with all its attempts.

    Args:
        options: How to follow it.
        stage: The stage.
        follower: Follows a task to its end.
        logs: Shows the log of a task that has ended.
        queue: Waits while another run is in progress, for a batch that says so.
        first: What is done before the first start, but not where a run is joined; it may refuse the start.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        options: FollowOptions,
        stage: Stage,
        follower: TaskFollower,
        logs: LogReader,
        queue: Queue,
        *,
        first: Callable[[], None] = lambda: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._first = first
        self._options = options
        self._stage = stage
        self._follower = follower
        self._logs = logs
        self._queue = queue
        self._wall = wall
        self._deadlines = Deadlines(stage.aws, stage.tell)
        self._own: list[str] = []
        self._task = ""
        self._attempts: list[RunEnd] = []
        self._finished: RunEnd | None = None
        self._launcher = Launcher(stage.aws, stage.waiter, stage.tell, self._manifest)

    def run(self, plan: RunPlan) -> RunEnd:
        """Runs it, or joins the run that its given id has started before.

        Raises:
            RunnerError: There is no run.
        """
        try:
            return self._run(plan)
        except LeaveNow as left:
            if not self._task:
                if self._finished is None:
                    raise
                self._stage.tell.note("a further attempt came to nothing: left at once on a second signal")
                return self._finished
            ending = Ending(began=False, ended=False, left=left.first)
            end = run_end(verdict(ending), plan, self._task, state=None, ending=ending)
            return with_cost_of(end, [*self._attempts, end])
        except RunnerError:
            raise
        except Exception:
            if self._task:
                self._stage.tell.note(come_back(plan.manifest, self._task, "the run may still go on"))
            raise
        finally:
            self._deadlines.finish()

    def _run(self, plan: RunPlan) -> RunEnd:
        plan, earlier = find_earlier(self._stage, plan, self._wall) if plan.run.given else (plan, None)
        if isinstance(earlier, PastRun):
            return self._past(plan, earlier)
        failed_starts = retried = begun = 0
        theirs: Mapping[str, Any] = {}
        if earlier is None:
            self._first()
        else:
            failed_starts, retried, begun, theirs = earlier.failed_starts, earlier.retried, earlier.begun, earlier.task
        finished: RunEnd | None = None
        while True:
            try:
                plan, ended = self._join(plan, theirs) if theirs else self._attempt(plan)
            except RunnerError as error:
                if finished is None or error.again == "ask":
                    raise
                self._stage.tell.note(f"attempt {plan.attempt} came to nothing: {error.reason}")
                return earlier.left_to_its_runner(finished) if earlier else finished
            found = ended.verdict
            self._task = ""
            if finished is not None and ended.gave_way:  # the run's own runner has made it, and says the same
                self._stage.tell.note(f"attempt {plan.attempt} came to nothing: {found.why}")
                return finished
            ended = replace(ended, verdict=after(begun, found))
            self._attempts.append(ended)
            last = ended if finished is None else ended.with_missing_lines_of(finished)
            finished = self._finished = with_cost_of(last, self._attempts)
            if finished.ending is not None and finished.ending.began:
                begun = plan.attempt
            failed_starts = failed_starts + 1 if found.row is Row.NEVER_STARTED else 0
            why = finished.ending and why_again(
                plan.manifest, found, finished.ending, failed_starts=failed_starts, retried=retried
            )
            if not why or self._stage.waiter.signals or (earlier and not self._makes_more(plan, earlier)):
                return earlier.left_to_its_runner(finished, used_up=not why) if earlier else finished
            retried += found.row is not Row.NEVER_STARTED
            plan = plan.next()
            self._stage.tell.note(f"{found.why}\nattempt {plan.attempt}: {why}")
            self._stage.waiter.wait(backoff(FIRST_RETRY + failed_starts, longest=RETRY_PAUSE) if failed_starts else 0)
            theirs = self._made_by_others(plan) if earlier else {}

    def _manifest(self, name: str) -> BatchManifest:
        return self._stage.read(name).manifest

    def _makes_more(self, plan: RunPlan, earlier: Earlier) -> bool:
        """Whether this runner makes further attempts of a run that it has joined, if the one that started it does not.

        Not in a queue, where the numbers of two runners' attempts part, and with them the client tokens.
        """
        return not earlier.over and plan.manifest.overlap != "wait"

    def _made_by_others(self, plan: RunPlan) -> Mapping[str, Any]:
        """The task of an attempt that whoever has started the run makes, too; empty where none is made within seconds.

        Then this runner makes it. Both ask for it with one client token, so that there is one task, whoever is first.
        """
        aws, waiter = self._stage.aws, self._stage.waiter
        until = waiter.now() + FIRST_TO_OTHERS
        while waiter.now() < until and not waiter.signals:
            with suppress(ApiError):
                tasks = tasks_of_run(aws, plan.manifest, plan.run.started_by)
                if tasks and attempt_number(tasks[0]) >= plan.attempt:
                    return tasks[0]
            waiter.wait(LOOKED_AGAIN)
        return {}

    def _join(self, plan: RunPlan, task: Mapping[str, object]) -> tuple[RunPlan, RunEnd]:
        """Follows a task that was there already."""
        arn = self._task = str(task["taskArn"])
        self._own.append(arn)
        ended = state_of(task, plan.manifest.container).ended
        detach = self._options.detach and not ended
        following = "is in progress" if detach else "is in progress: following it"
        what = "has ended: this is its log and its result" if ended else following
        self._stage.tell.note(f"run {plan.run.text} {what}\ntask: {task_link(plan.manifest, arn)}")
        if detach:
            return plan, self._detached(plan, arn, "joined")
        plan = replace(plan, attempt=attempt_number(task) or plan.attempt)
        return plan, self._follow(plan, arn, self._left(plan, arn))

    def _past(self, plan: RunPlan, run: PastRun) -> RunEnd:
        self._stage.tell.note(
            f"run {plan.run.text} has ended, and ECS has forgotten it: its result is from the history"
        )
        main, every = plan.manifest.container, self._options.all_containers
        shown = containers_of(run.detail, main) if every else None
        incomplete = self._logs.possible(plan.manifest, run.arn, run.state, shown)
        found = verdict(ending_of(main, run.state))
        end = run_end(found, plan, run.arn, state=run.state, ending=None, incomplete=incomplete)
        return with_all_containers(end) if every else end

    def _attempt(self, plan: RunPlan) -> tuple[RunPlan, RunEnd]:
        """Starts a task and follows it. Where the batch waits for another run, until it is its turn."""
        self._refuse_paused(plan)
        since = self._stage.waiter.now()
        while True:
            if plan.manifest.overlap == "wait":
                mine = self._queue.wait(plan, self._own, since)
                if mine is not None:
                    return self._join(plan, mine)
                if self._stage.waiter.now() > since:
                    self._refuse_paused(plan)
            started = self._start(plan)
            plan, arn = started.plan, started.arn
            started_at = self._stage.waiter.now()
            alone = plan.manifest.overlap == "allow" or started.joined
            older, began = ("", False) if alone else self._give_way(started)
            if not older:
                break
            if plan.manifest.overlap == "forbid" or began:
                ending = Ending(began=began, ended=False, stop=StopRequest("overlap", run=older))
                found = replace(verdict(ending), again="ask") if ending.began else verdict(ending)
                if self._attempts and not began:
                    raise OverlapError(found.why)
                unread = UNREAD if began else ""
                return plan, run_end(found, plan, arn, state=None, ending=ending, incomplete=unread)
            self._stage.tell.note(f"run {older} was started earlier: ours was stopped, and waits again")
            self._task = ""
            plan = plan.next()
        if self._options.detach and not began:
            return plan, self._detached(plan, arn, "joined" if started.joined else "started")
        left = self._left(plan, arn) if started.joined else plan.timeout - (self._stage.waiter.now() - started_at)
        return plan, self._follow(plan, arn, left)

    def _refuse_paused(self, plan: RunPlan) -> None:
        if not self._options.even_if_paused:
            refuse_paused(self._stage.aws, plan.manifest, self._stage.waiter, wall=self._wall)

    def _start(self, plan: RunPlan) -> Started:
        started = self._launcher.start(plan)
        plan, arn = started.plan, started.arn
        self._task = arn
        self._own.append(arn)
        how = "joined" if started.joined else "started"
        attempt = f", attempt {plan.attempt}" if plan.attempt > 1 else ""
        self._stage.tell.note(f"{how} run {plan.run.text}{attempt}\ntask: {task_link(plan.manifest, arn)}")
        created = created_at(started.task) or self._wall()
        self._deadlines.keep(plan.manifest, arn, created + plan.timeout)
        return started

    def _left(self, plan: RunPlan, arn: str) -> float:
        """Seconds of the timeout that a task which was there already has left; all of them if ECS does not know it yet.

        Both its age and now are AWS's: this host's clock need not agree with AWS's.
        """
        aws, waiter = self._stage.aws, self._stage.waiter

        def age() -> float:
            return 0.0 if waiter.signals else age_of(aws, plan.manifest.cluster, arn)

        what = f"since when run {plan.run.text} is in progress cannot be seen"
        try:
            return plan.timeout - retry(age, waiter, seconds=SEEN_WITHIN, trying=Trying(what, waiter))
        except ApiError as error:
            # Following has more patience than this look, and a task that runs is not left for it.
            self._stage.tell.note(f"{what}: {error}\nits timeout counts from now")
            return plan.timeout

    def _follow(self, plan: RunPlan, arn: str, left: float) -> RunEnd:
        self._deadlines.keep(plan.manifest, arn)
        return self._follower.follow(
            plan,
            arn,
            left=left,
            on_signal=self._options.on_signal,
            all_containers=self._options.all_containers,
            ended=partial(self._deadlines.drop, arn),
        )

    def _give_way(self, started: Started) -> tuple[str, bool]:
        """Stops our task if an older run is in progress, or if that cannot be seen.

        A task that has ended by itself, because the look took so long, or that somebody else stops, was not stopped by
        us: it is followed to its end.

        Returns:
            The older run, empty where ours goes on; and whether ours may have begun before it was stopped, or ended.
        """
        plan, stage = started.plan, self._stage
        request, problem = StopRequest("unseen"), ""
        try:
            older = older_run(
                stage.aws,
                plan.manifest,
                started.task,
                self._own,
                stage.waiter,
                signal_stops=self._options.on_signal == "stop" and not self._options.detach,
                within=plan.timeout,
            )
            if not older:
                return "", False
            request = StopRequest("overlap", run=identity(older))
        except ApiError as error:
            problem = f"{UNSEEN}: {error}"
        reason = stop_reason(request)
        left = stop_task(stage.aws, plan.manifest, started.arn, reason, stage.waiter, forbidden_for=FORBIDDEN_FOR)
        refused = "" if left is None else f"{NOT_STOPPED}: {left}"
        ours = self._seen(started)
        if ours is not None and _ends_without_us(ours, reason):
            how = "had ended by itself" if ours.stop_code == ENDED_BY_ITSELF else "was being stopped already"
            self._stage.tell.note(f"{problem or f'run {request.run} is in progress'}\nours {how} by then")
            return "", True
        began = ours is None or ours.began
        if problem or refused:
            raise RunnerError(
                "; ".join(part for part in (problem or f"run {request.run} is in progress", refused) if part),
                hint=come_back(plan.manifest, started.arn, "Ours still runs") if refused else "Ours was stopped",
                again="ask" if refused or began else "safe",
            )
        self._deadlines.drop(started.arn)
        return request.run, began

    def _seen(self, started: Started) -> TaskState | None:
        """Our task as ECS shows it; none if it does not, or not within seconds."""
        manifest, aws, waiter = started.plan.manifest, self._stage.aws, self._stage.waiter

        def look() -> Mapping[str, object]:
            tasks = describe(aws, manifest.cluster, [started.arn])
            if not tasks:
                raise TemporaryError(NOT_YET)
            return tasks[0]

        try:
            task = retry(
                look,
                waiter,
                attempts=1 if waiter.signals else float("inf"),
                seconds=LOOKED_AFTERWARDS,
            )
        except (ApiError, TemporaryError):
            return None
        return state_of(task, manifest.container, essential=manifest.essential)

    def _detached(self, plan: RunPlan, arn: str, how: str = "started") -> RunEnd:
        self._stage.tell.note(come_back(plan.manifest, arn))
        found = Verdict(Row.OWN, 0, f"{how}, and not followed (--detach): this 0 is not the batch's", "ask")
        return run_end(found, plan, arn, state=None, ending=None)


def _ends_without_us(ours: TaskState, reason: str) -> bool:
    """Whether a task that was to give way has ended by itself, or was being stopped by somebody else by then.

    Not where it could not start, or AWS ends it: such a run is tried again, and must not be beside another one.
    """
    if ours.stop_code == STOPPED_ON_REQUEST:
        return MAINTENANCE not in ours.reason and not ended_by_stop(ours, reason, accepted=False)
    return ours.stop_code == ENDED_BY_ITSELF
