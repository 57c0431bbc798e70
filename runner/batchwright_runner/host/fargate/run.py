"""Runs one batch on Fargate: does what `batchwright_runner.host.fargate.next_step` says, until it is done."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.retries import announced, pause_before_retry
from batchwright_runner.contract.judgment.state import containers_of
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest, verdict
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.tasks import attempt_number
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import backoff
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.end import (
    come_back,
    ended_when,
    pause_left,
    run_end,
    with_all_containers,
    with_cost_of,
)
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
from batchwright_runner.host.fargate.own_attempt import OwnAttempt
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.tasks import tasks_of_run
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console

if TYPE_CHECKING:
    from batchwright_runner.host.fargate.earlier import Earlier
    from batchwright_runner.host.fargate.logs import LogReader

FIRST_RETRY = 3
"""The backoff step that a failed start is tried again with."""
FIRST_TO_OTHERS = 5.0
"""Seconds for which another runner of the same run is left to make the next attempt, which this one sees then."""
LOOKED_AGAIN = 1.0
UNREAD = "it may have begun before it was stopped for the other run, and its log was not read"
RETRY_PAUSE = 15.0
"""Seconds between attempts after failed starts at most."""


class FargateRun:
    """Runs one batch, with all its attempts.

    `wall`: seconds since 1970.
    """

    def __init__(
        self,
        options: RunOptions,
        stage: Stage,
        follower: TaskFollower,
        logs: "Callable[[], LogReader]",
        console: Console,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._stage = stage
        self._logs = logs
        self._wall = wall
        self._deadlines = Deadlines(stage.aws, stage.tell)
        self._made = partial(OwnAttempt, options=options, stage=stage, follower=follower, console=console, wall=wall)
        self._attempt: OwnAttempt | None = None
        self._ends: list[RunEnd] = []
        self._end: RunEnd | None = None
        self._finished: RunEnd | None = None

    def run(self, plan: RunPlan) -> RunEnd:
        """Runs it, or joins the run that its given id has started before."""
        try:
            return self._run(plan)
        except LeaveNow as left:
            end = self._left_at_once(left)
            if end is None:
                raise
            return end
        except RunnerError as error:
            if self._attempt is not None:
                error.began = bool(self._attempt.arn)
            raise
        except Exception:
            if self._attempt is not None and self._attempt.arn:
                self._stage.tell.note(come_back(plan.manifest, self._attempt.arn, "the run may still go on"))
            raise
        finally:
            self._deadlines.finish()

    def _run(self, plan: RunPlan) -> RunEnd:
        plan, earlier = self._earlier(plan)
        if isinstance(earlier, Attempt):
            return self._past(plan, earlier)
        attempt = self._attempt = self._made(plan, deadlines=self._deadlines)
        run = Progress(manifest=plan.manifest) if earlier is None else earlier.before
        run = replace(run, detach=self._options.detach)
        seen: Seen = Nothing() if earlier is None else attempt.join(earlier.task)
        while not isinstance(step := next_step(run, seen), Done):
            try:
                seen = self._do(step, attempt, run, joined=earlier is not None)
            except RunnerError as error:
                seen = Failed(error)
            if isinstance(seen, AttemptEnded):
                run, attempt.arn = run.after(attempt.plan.attempt, seen.verdict, seen.ending), ""
        return self._result(step, attempt, seen, earlier)

    def _do(self, step: Step, attempt: OwnAttempt, run: Progress, *, joined: bool) -> Seen:
        match step:
            case Do.START:
                return attempt.start()
            case Do.GIVE_WAY:
                return attempt.give_way()
            case WaitForTurn(behind):
                return attempt.wait(behind)
            case Again():
                return self._again(step, attempt, run, joined=joined)
            case _:
                end = attempt.follow()
                if end.gave_way and run.manifest.overlap == "wait" and end.ending and end.ending.stop:
                    return GaveWay(end.ending.stop.run)  # another runner of the run has stopped it, and waits again
                self._end = replace(end, verdict=run.judged(end.verdict))
                return AttemptEnded(end.verdict, end.ending, signals=bool(self._stage.waiter.signals))

    def _earlier(self, plan: RunPlan) -> "tuple[RunPlan, Earlier | Attempt | None]":
        """What an earlier call of the same given id has started."""
        if not plan.run.given:
            return plan, None
        from batchwright_runner.host.fargate.earlier import find_earlier  # few runs are given an id

        return find_earlier(self._stage, plan, self._wall)

    def _result(self, step: Done, attempt: OwnAttempt, seen: Seen, earlier: "Earlier | None") -> RunEnd:
        match step.result, seen:
            case Result.ERROR, Failed(error):
                raise error
            case Result.LEFT, _:
                return self._detached(attempt)
            case Result.BEFORE, _:
                return self._before(attempt, seen, earlier)
            case Result.GAVE_WAY, GaveWay():
                self._end = _end_of_giving_way(attempt, seen)
        finished = self._keep()
        return earlier.left_to_its_runner(finished, used_up=step.used_up) if earlier else finished

    def _keep(self) -> RunEnd:
        """Keeps the end of an attempt as that of the run, until a further attempt has ended."""
        assert self._end is not None  # noqa: S101 - an attempt has ended
        end = self._end if self._finished is None else self._end.with_missing_lines_of(self._finished)
        self._ends.append(self._end)
        self._finished = with_cost_of(end, self._ends)
        return self._finished

    def _before(self, attempt: OwnAttempt, seen: Seen, earlier: "Earlier | None") -> RunEnd:
        """The end of the attempt before, where the one after it has not begun."""
        assert self._finished is not None  # noqa: S101 - an attempt has ended before
        match seen:
            case Failed(error):
                why = error.reason
            case GaveWay(other):
                why = verdict(Ending(began=False, ended=False, stop=StopRequest("overlap", run=other))).why
            case AttemptEnded(found):  # the run's own runner has made it, and says the same
                why, earlier = found.why, None
        self._stage.tell.note(f"attempt {attempt.plan.attempt} was not started: {why}")
        return earlier.left_to_its_runner(self._finished) if earlier else self._finished

    def _again(self, step: Again, attempt: OwnAttempt, run: Progress, *, joined: bool) -> Seen:
        """Pauses, and goes on to the next attempt, which another runner of the run may have made."""
        before, failed = self._keep(), run.failed_starts
        pause = pause_left(before, self._wall()) if joined else pause_before_retry(run.manifest, before.verdict)
        attempt.next()
        self._stage.tell.note(announced(attempt.plan.attempt, step.after, step.why, pause))
        self._stage.waiter.wait(backoff(FIRST_RETRY + failed, longest=RETRY_PAUSE) if failed else pause)
        theirs = self._made_by_others(attempt.plan) if joined else {}
        return attempt.join(theirs) if theirs else Nothing()

    def _left_at_once(self, leaving: LeaveNow) -> RunEnd | None:
        """The end of a run that is left on a second signal; none where nothing of it was started."""
        attempt = self._attempt
        if attempt is None or not attempt.arn:
            if self._finished is not None:
                self._stage.tell.note("a further attempt was not started: left at once on a second signal")
            return self._finished
        ending = Ending(began=False, ended=False, left=leaving.first)
        end = run_end(verdict(ending), attempt.plan, attempt.arn, state=None, ending=ending)
        return with_cost_of(end, [*self._ends, end])

    def _made_by_others(self, plan: RunPlan) -> Mapping[str, Any]:
        """The task of an attempt that the run's own runner makes, too; empty where none is made within seconds.

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

    def _past(self, plan: RunPlan, run: Attempt) -> RunEnd:
        plan.refuse_other(run.task)
        self._stage.tell.note(
            f"run {plan.name} has ended, at {ended_when(run.state)}, and ECS has forgotten it: its result is from "
            "the history"
        )
        main, all_containers = plan.manifest.container, self._options.all_containers
        shown = containers_of(run.task, main) if all_containers else None
        incomplete = self._logs().possible(plan.manifest, run.arn, run.state, shown)
        outcome = verdict(ending_of(main, run.state))
        end = run_end(outcome, plan, run.arn, state=run.state, ending=None, incomplete=incomplete)
        return with_all_containers(end) if all_containers else end

    def _detached(self, attempt: OwnAttempt) -> RunEnd:
        self._stage.tell.note(come_back(attempt.plan.manifest, attempt.arn))
        how = "joined" if attempt.joined else "started"
        outcome = Verdict(Row.OWN, 0, f"{how}, and not followed (--detach): this 0 is not the batch's", "ask")
        problem = self._deadlines.why_not_set(attempt.arn, self._stage.waiter)
        if problem and not attempt.over():
            why = f"{how}, and not followed (--detach), and nothing stops it at its timeout: no deadline could be set"
            outcome = Verdict(Row.NO_RESULT, ROWS[Row.NO_RESULT].code, f"{why}: {problem}", "ask")
        return run_end(outcome, attempt.plan, attempt.arn, state=None, ending=None)


def _end_of_giving_way(attempt: OwnAttempt, seen: GaveWay) -> RunEnd:
    ending = Ending(began=seen.began, ended=False, stop=StopRequest("overlap", run=seen.run))
    outcome = replace(verdict(ending), again="ask") if seen.began else verdict(ending)
    unread = UNREAD if seen.began else ""
    return run_end(outcome, attempt.plan, attempt.arn, state=None, ending=ending, incomplete=unread)
