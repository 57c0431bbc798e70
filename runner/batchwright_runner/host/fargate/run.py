"""Runs one batch on Fargate: does what `batchwright_runner.host.fargate.next_step` says, until it is done."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from batchwright_runner.contract.judgment.retries import announced, pause_before_retry
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.tasks import timeout_of
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.retry import backoff
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.end import come_back, ended_when, left_end, run_end, with_cost_of
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.next_step import (
    Again,
    AttemptEnded,
    Do,
    Done,
    Failed,
    GaveWay,
    Nothing,
    Progress,
    Result,
    Seen,
    Step,
    WaitForTurn,
    next_step,
)
from batchwright_runner.host.fargate.own_attempt import OwnAttempt, ending_of, seen_task
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import Output

FIRST_RETRY = 3
"""The backoff step that a failed start is tried again with."""
UNREAD = "it may have begun before it was stopped for the other run, and its log was not read"
RETRY_PAUSE = 15.0
"""Seconds between attempts after failed starts at most."""


@dataclass(slots=True)
class FargateRun:
    """Runs one batch, with all its attempts; or attaches to the run of its given id, where that exists."""

    options: RunOptions
    stage: Stage
    output: Output
    console: Console
    deadlines: Deadlines
    # Gives seconds since 1970
    wall: Callable[[], float] = time.time
    attempt: OwnAttempt | None = None
    ends: list[RunEnd] = field(default_factory=list)
    # The end of the last attempt, and that of the run so far
    end: RunEnd | None = None
    finished: RunEnd | None = None

    def run(self, plan: RunPlan) -> RunEnd:
        """Runs it, or attaches to it."""
        try:
            return self._run(plan)
        except LeaveNow as left:
            end = self._left_at_once(left)
            if end is None:
                raise
            return end
        except RunnerError as error:
            if self.attempt is not None:
                error.began = bool(self.attempt.arn)
            raise
        except Exception:
            if self.attempt is not None and self.attempt.arn:
                self.stage.tell.note(come_back(plan.manifest, self.attempt.arn, "the run may still go on"))
            raise
        finally:
            self.deadlines.finish()

    def _run(self, plan: RunPlan) -> RunEnd:
        if plan.run.given:
            from batchwright_runner.host.fargate.attach import find_begun  # few runs are given an id

            plan, begun = find_begun(self.stage, plan)
            if begun is not None:
                return self._attached(plan, begun)
        follower = TaskFollower(self.stage, self.output, self.console)
        attempt = self.attempt = OwnAttempt(
            plan, self.options, self.stage, follower, self.console, self.deadlines, wall=self.wall
        )
        run = Progress(manifest=plan.manifest, detach=self.options.detach)
        seen: Seen = Nothing()
        while not isinstance(step := next_step(run, seen), Done):
            try:
                seen = self._do(step, attempt, run)
            except RunnerError as error:
                seen = Failed(error)
            if attempt.theirs:
                return self._attached(attempt.plan, Attempt.of(attempt.plan.manifest, attempt.theirs))
            if isinstance(seen, AttemptEnded):
                run, attempt.arn = run.after(attempt.plan.attempt, seen.verdict, seen.ending), ""
        return self._result(step, attempt, seen)

    def _do(self, step: Step, attempt: OwnAttempt, run: Progress) -> Seen:
        match step:
            case Do.START:
                return attempt.start()
            case Do.GIVE_WAY:
                return attempt.give_way()
            case WaitForTurn(behind):
                return attempt.wait(behind)
            case Again():
                return self._again(step, attempt, run)
            case _:
                end = attempt.follow()
                if end.gave_way and end.ending and end.ending.stop:
                    return GaveWay(end.ending.stop.run)  # a runner that has asked for the same task has stopped it
                self.end = replace(end, verdict=run.judged(end.verdict))
                return AttemptEnded(end.verdict, end.ending, signals=bool(self.stage.waiter.signals))

    def _attached(self, plan: RunPlan, attempt: Attempt) -> RunEnd:
        """Follows what somebody else has begun under the given id; says how it has ended, where it has."""
        from batchwright_runner.host.fargate.attach import FollowedRun  # few runs are given an id

        plan.refuse_other(attempt.task)
        ended, at = attempt.state.ended, ended_when(attempt.state)
        timeout = self.options.timeout or timeout_of(plan.manifest, attempt.task)
        what = "is in progress" if self.options.detach else "is in progress: following it"
        if ended:
            result = "this is its log and its result" if attempt.in_ecs else "its result is from the history"
            forgotten = "" if attempt.in_ecs else ", and ECS has forgotten it"
            what = f"has ended{at and f', at {at}'}{forgotten}: {result}"
        self.stage.tell.note(f"run {plan.name} {what}")
        if self.options.detach and not ended:
            self.deadlines.keep(plan.manifest, attempt.arn, max(attempt.created + timeout, self.wall()))
            return self._detached(plan, attempt.arn, "joined")
        following = FollowedRun(
            self.stage, self.output, self.console, self.options.on_signal, self.options.all_containers, self.deadlines
        )
        end = replace(following, timeout=timeout).run(attempt, self.finished, further=not self.options.detach)
        return replace(end, extra={**end.extra, "run_id": plan.run.text})

    def _result(self, step: Done, attempt: OwnAttempt, seen: Seen) -> RunEnd:
        match step.result, seen:
            case Result.ERROR, Failed(error):
                raise error
            case Result.LEFT, _:
                return self._detached(attempt.plan, attempt.arn, "started")
            case Result.BEFORE, Failed() | GaveWay():
                return self._before(attempt, seen)
            case Result.GAVE_WAY, GaveWay():
                self.end = _end_of_giving_way(attempt, seen)
        return self._keep()

    def _keep(self) -> RunEnd:
        """Keeps the end of an attempt as that of the run, until a further attempt has ended."""
        assert self.end is not None  # noqa: S101 - an attempt has ended
        end = self.end if self.finished is None else self.end.with_missing_lines_of(self.finished)
        self.ends.append(self.end)
        self.finished = with_cost_of(end, self.ends)
        return self.finished

    def _before(self, attempt: OwnAttempt, seen: Failed | GaveWay) -> RunEnd:
        """The end of the attempt before, where the one after it has not begun."""
        assert self.finished is not None  # noqa: S101 - an attempt has ended before
        why = seen.error.reason if isinstance(seen, Failed) else verdict(ending_of(seen)).why
        self.stage.tell.note(f"attempt {attempt.plan.attempt} was not started: {why}")
        return self.finished

    def _again(self, step: Again, attempt: OwnAttempt, run: Progress) -> Nothing:
        """Pauses, and goes on to the next attempt."""
        before, failed = self._keep(), run.failed_starts
        pause = pause_before_retry(run.manifest, before.verdict)
        attempt.next()
        self.stage.tell.note(announced(attempt.plan.attempt, step.after, step.why, pause))
        self.stage.waiter.wait(backoff(FIRST_RETRY + failed, longest=RETRY_PAUSE) if failed else pause)
        return Nothing()

    def _left_at_once(self, leaving: LeaveNow) -> RunEnd | None:
        """The end of a run that is left on a second signal; none where nothing of it was started."""
        attempt = self.attempt
        if attempt is None or not attempt.arn:
            if self.finished is not None:
                self.stage.tell.note("a further attempt was not started: left at once on a second signal")
            return self.finished
        end = left_end(attempt.plan, attempt.arn, leaving.first)
        return with_cost_of(end, [*self.ends, end])

    def _detached(self, plan: RunPlan, arn: str, how: str) -> RunEnd:
        """The end of a run that is not followed; `how` this runner came to it."""
        self.stage.tell.note(come_back(plan.manifest, arn))
        outcome = Verdict(Row.OWN, 0, f"{how}, and not followed (--detach): this 0 is not the batch's", "ask")
        problem = self.deadlines.why_not_set(arn, self.stage.waiter)
        task = seen_task(self.stage, plan.manifest, arn) if problem else None
        if problem and (task is None or not state_of(task, plan.manifest.container).ended):
            why = f"{how}, and not followed (--detach), and nothing stops it at its timeout: no deadline could be set"
            outcome = Verdict(Row.NO_RESULT, ROWS[Row.NO_RESULT].code, f"{why}: {problem}", "ask")
        return run_end(outcome, plan, arn, state=None, ending=None)


def _end_of_giving_way(attempt: OwnAttempt, seen: GaveWay) -> RunEnd:
    ending, outcome = ending_of(seen), verdict(ending_of(seen))
    outcome = replace(outcome, again="ask") if seen.began else outcome
    unread = UNREAD if seen.began else ""
    return run_end(outcome, attempt.plan, attempt.arn, state=None, ending=ending, incomplete=unread)
