"""A run that somebody has begun: followed to its end, with its further attempts as far as they are seen.

``attach`` comes here, and ``run`` with an id that exists. Only the runner that began a run makes its attempts.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.ending import ending_of, stop_reason
from batchwright_runner.contract.judgment.retries import ATTEMPT_WITHIN, after, why_again
from batchwright_runner.contract.judgment.state import containers_of
from batchwright_runner.contract.judgment.verdict import StopRequest, verdict
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.tasks import name_of_run, timeout_of
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, Patience, PatientAws
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.end import (
    asks_again,
    come_back,
    ended_lately,
    left_end,
    pause_left,
    run_end,
    with_all_containers,
    with_cost_of,
)
from batchwright_runner.host.fargate.executions import machine_goes_on, stop_execution
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.history import past_tasks, run_pattern
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.logs import LogReader
from batchwright_runner.host.fargate.overlap import other_runs
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.tasks import family, tasks_of_run
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import Output

OnSignal = Literal["stop", "leave"]
SEEN_WITHIN = 5.0
"""Seconds for which it is looked at the end whether a machine goes on: it is for advice alone."""
AFTER_A_FAILED_START = 25.0
"""Seconds for which the next task is looked for after one that could not start: its runner pauses for some seconds."""
TURN_WITHIN = 60.0
"""Seconds within which a run that waits for its turn is seen to start, once no other run is in progress."""
PAUSE, LONGEST_PAUSE, LONGEST_MACHINE_PAUSE = 1.0, 5.0, 15.0
"""Seconds between two looks: at first, and at most; a machine may pause for hours."""


def find_begun(stage: Stage, plan: RunPlan) -> tuple[RunPlan, Attempt | None]:
    """Looks for the run of a given id, which is always whole.

    Returns the attempt that speaks for it, none where it has not begun; and the plan of the attempt that may be made,
    whose number no task has that gave way to an older run.
    """
    what = f"whether run {plan.name} was started before cannot be seen"
    manifest, started_by = plan.manifest, plan.run.started_by
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell, forbidden_for=FORBIDDEN_FOR)
    try:
        known = [Attempt.of(manifest, task) for task in tasks_of_run(aws, manifest, started_by)]
        if all(_waits(attempt) for attempt in known):
            group = manifest.history_log_group
            past = past_tasks(aws, group, run_pattern(started_by), families=[family(manifest)])
            # Without a machine's execution of that name, which the pattern finds, too
            own = [task for task in past if task.get("startedBy") == started_by]
            known += [Attempt.of(manifest, task, in_ecs=False) for task in own]
    except ApiError as error:
        raise RunnerError(f"{what}: {error}", hint="Without it, a second run could be started") from error
    begun = [run.last for run in runs_from(known) if not _waits(run.last)]
    waited = {attempt.arn for attempt in known if _waits(attempt)}
    return (plan, begun[0]) if begun else (replace(plan, attempt=len(waited) + 1), None)


def _waits(attempt: Attempt) -> bool:
    """Whether a task was stopped for an older run before it began, and its run waits for its turn."""
    return attempt.manifest.at_once.waits and attempt.gave_way


@dataclass(frozen=True, slots=True)
class FollowedRun:
    """How a run that somebody has begun is followed."""

    stage: Stage
    output: Output
    console: Console
    on_signal: OnSignal = "leave"
    all_containers: bool = False
    # Keeps the deadlines of its tasks; none where nobody does
    deadlines: Deadlines | None = None
    # Seconds after which an attempt is stopped; 0 where this runner stops none
    timeout: int = 0

    def run(self, attempt: Attempt, before: RunEnd | None = None, *, further: bool = True) -> RunEnd:
        """Follows a run through all its attempts to its end, or shows the end of one that ECS has forgotten.

        `before`: the end of the attempt before, where this runner has seen it.
        `further`: whether further attempts are followed, too.
        """
        if not attempt.in_ecs:
            return self._forgotten(attempt)
        stage, ends = self.stage, [before] if before is not None else []
        while True:
            end: RunEnd | None = None
            try:
                last = self.attempt(attempt)
                known = [] if last.succeeded or stage.waiter.signals else known_attempts(stage, attempt)
                run = with_earlier(attempt, known)
                end = ends[-1] if ends and last.gave_way else _joined(run, last, ends)
                later = _newer(attempt, known) or (next_attempt(stage, run, last) if further else None)
            except LeaveNow as left:
                return end or left_end(_plan_of(attempt), attempt.arn, left.first)
            if later is None:
                own = self.on_signal == "stop" and last.verdict.row is not Row.SIGNAL
                stopped = own and _stopped_between(stage, attempt)
                return _end_between(stage, attempt) if stopped else perhaps_again(stage, run, last, end)
            if not last.gave_way:
                ends.append(end)
            stage.tell.note(f"{last.verdict.why}\nrun {later.name} goes on with another attempt")
            attempt = later

    def attempt(self, attempt: Attempt, view: LogView = WHOLE) -> RunEnd:
        """Follows one attempt."""
        plan, follower = _plan_of(attempt, self.timeout), TaskFollower(self.stage, self.output, self.console)
        deadlines, ended = self.deadlines, attempt.state.ended
        if deadlines is not None and not attempt.execution and not ended:
            due = attempt.created + (self.timeout or timeout_of(attempt.manifest, attempt.task))
            deadlines.keep(attempt.manifest, attempt.arn, max(due, time.time()))
        return follower.follow(
            plan,
            attempt.arn,
            left=follower.left(plan, attempt.arn) if self.timeout and not ended else float("inf"),
            on_signal=self.on_signal,
            all_containers=self.all_containers,
            view=view,
            ended=partial(deadlines.drop, attempt.arn) if deadlines is not None else lambda: None,
            execution=attempt.execution,
        )

    def _forgotten(self, attempt: Attempt) -> RunEnd:
        manifest, state = attempt.manifest, attempt.state
        containers = containers_of(attempt.task, manifest.container) if self.all_containers else None
        incomplete = LogReader(self.stage, self.output).possible(manifest, attempt.arn, state, containers)
        outcome = verdict(ending_of(manifest.container, state))
        end = run_end(outcome, _plan_of(attempt), attempt.arn, state=state, ending=None, incomplete=incomplete)
        return with_all_containers(end) if self.all_containers else end


def _plan_of(attempt: Attempt, timeout: int = 0) -> RunPlan:
    manifest, run = attempt.manifest, RunId(attempt.started_by, given=True)
    seconds = timeout or manifest.timeout_seconds
    return RunPlan(manifest=manifest, run=run, nonce="", timeout=seconds, attempt=attempt.number or 1)


def until_its_machine_starts(stage: Stage, attempt: Attempt, on_signal: OnSignal = "leave") -> Attempt:
    """Waits while the machine of a run has no task: it looks for other runs, or pauses.

    Returns its task; or the run without one, once its execution has ended.
    """
    waiter, own, looks = stage.waiter, Runs(stage, [attempt.manifest]), 0
    why = f"run {attempt.name} has no task now: its machine looks for other runs, or pauses before an attempt"
    while not (attempt.has_task or attempt.verdict):
        if not looks:
            stage.tell.note(f"{why}. Waiting for it")
        waiter.wait(min(PAUSE * looks, LONGEST_MACHINE_PAUSE))
        if waiter.signals and on_signal == "stop" and _stopped_between(stage, attempt):
            raise InterruptedEarlyError(waiter.signals[0])
        if waiter.signals:
            raise RunnerError(
                "told to stop", hint=come_back(attempt.manifest, attempt.execution, "It goes on"), again="ask"
            )
        looks += 1
        with suppress(InterruptedEarlyError):  # a signal is for the turn after this one
            attempt = own.named(attempt.execution) or attempt
    return attempt


def _stopped_between(stage: Stage, attempt: Attempt) -> bool:
    """Stops the machine of a run that has no task, on a signal. Gives whether it went on."""
    if not (attempt.execution and stage.waiter.signals):
        return False
    with suppress(ApiError):
        return stop_execution(stage.aws, attempt.execution, stop_reason(StopRequest("signal", stage.waiter.signals[0])))
    return False


def _end_between(stage: Stage, attempt: Attempt) -> RunEnd:
    """The end of a run that was stopped between two attempts."""
    code = 128 + stage.waiter.signals[0]
    outcome = Verdict(Row.SIGNAL, code, f"{ROWS[Row.SIGNAL].phrase} before a further attempt", "ask")
    return run_end(outcome, _plan_of(attempt), attempt.arn, state=None, ending=None)


def known_attempts(stage: Stage, attempt: Attempt) -> list[Attempt]:
    """The attempts of a run that ECS knows now; none where they cannot be seen, or another tool has begun it."""
    manifest, known = attempt.manifest, list[Attempt]()
    if attempt.attempt_of == attempt.arn:
        return known
    with suppress(ApiError, RunnerError):
        if attempt.execution:
            known = Runs(stage, [manifest]).current()
        else:
            known = [Attempt.of(manifest, task) for task in tasks_of_run(stage.aws, manifest, attempt.started_by)]
    same = attempt.attempt_of, attempt.execution
    return [each for each in known if (each.attempt_of, each.execution) == same]


def with_earlier(attempt: Attempt, known: Sequence[Attempt]) -> Run:
    """The run up to an attempt, which is the last one. Pure."""
    upto = [each for each in known if each.created < attempt.created or each.arn == attempt.arn]
    return runs_from([attempt, *upto])[0]


def _newer(attempt: Attempt, known: Sequence[Attempt]) -> Attempt | None:
    """The newest attempt after one, and of those one that has not given way; none where there is none."""
    newer = [each for each in known if each.created > attempt.created]
    return max(newer, key=lambda each: (not each.gave_way, each.created), default=None)


def _joined(run: Run, last: RunEnd, ends: list[RunEnd]) -> RunEnd:
    """The end of a run, by that of its last attempt, and those that were seen before."""
    begun = [each.number for each in run.attempts[:-1] if each.state.began]
    end = replace(last, verdict=after(max(begun, default=0), last.verdict))
    return with_cost_of(end.with_missing_lines_of(ends[-1]) if ends else end, [*ends, end])


def next_attempt(stage: Stage, run: Run, end: RunEnd, wall: Callable[[], float] = time.time) -> Attempt | None:
    """The attempt that follows one that has ended; none where there is none.

    A machine says itself whether it goes on. The runner that began a run makes its next attempt within five minutes of
    the end and the declared pause; or it waits for its turn, for as long as the batch says, while others run.

    `end`: the end of the run's last attempt.
    `wall`: seconds since 1970.
    """
    waiter, attempt, at_once, looks = stage.waiter, run.attempts[-1], run.manifest.at_once, 0
    machine, waits = bool(attempt.execution), run.manifest.at_once.waits and end.gave_way
    if waiter.signals or not (waits or may_go_on(run, end, wall())):
        return None
    own, pause = [each.arn for each in run.attempts], 0.0 if waits else pause_left(end, wall())
    left = _left_for_the_next(end, wall())
    until = waiter.now() + (pause + AFTER_A_FAILED_START if machine else left)
    latest = until + at_once.longest
    while not waiter.signals:
        goes_on: bool | None = None
        with suppress(ApiError, RunnerError):
            if machine:
                goes_on = True
                goes_on = machine_goes_on(stage.aws, waiter, attempt, Patience(SEEN_WITHIN))
            elif at_once.waits:
                goes_on = bool(other_runs(stage.aws, run.manifest, own)) or None
        if later := _newer(attempt, known_attempts(stage, attempt)):
            return later
        if goes_on:
            now = waiter.now()
            until = max(until, now + AFTER_A_FAILED_START if machine else min(latest, now + TURN_WITHIN))
        if goes_on is False or waiter.now() >= until:
            return None
        if not looks:
            most = "" if machine or at_once.waits else f" for {format_duration(left)} at most"
            who = "machine" if machine else "runner"
            stage.tell.note(f"its {who} may make another attempt: waiting for it{most}")
        looks += 1
        soon = min(PAUSE * looks, LONGEST_MACHINE_PAUSE if machine else LONGEST_PAUSE)
        waiter.wait(pause if looks == 1 and pause and not machine else soon)
    return None


def _left_for_the_next(end: RunEnd, now: float) -> float:
    """Seconds for which the next attempt is looked for."""
    if end.gave_way:
        return TURN_WITHIN
    if end.verdict.row is Row.NEVER_STARTED:
        return AFTER_A_FAILED_START
    stopped = end.state.times.get("stoppedAt", now) if end.state is not None else now
    return max(0.0, end.manifest.retry_delay_seconds + ATTEMPT_WITHIN - max(0.0, now - stopped))


def may_go_on(run: Run, end: RunEnd, now: float) -> bool:
    """Whether who makes a run's attempts, if it goes on, makes another one after the last, which has ended."""
    *earlier, last = run.attempts
    if last.execution:
        return asks_again(end)
    if end.ending is None or last.attempt_of == last.arn:  # which no runner of ours has started
        return False
    if end.state is not None and not ended_lately(end.manifest, end.state, now):
        return False
    began = [attempt.state.began for attempt in reversed(earlier)]
    failed = 1 + (began.index(True) if True in began else len(began))
    retried = max(0, last.number - 1 - began.count(False))  # what ECS has forgotten counts as made
    return bool(why_again(run.manifest, end.verdict, end.ending, failed_starts=failed, retried=retried))


def perhaps_again(stage: Stage, run: Run, last: RunEnd, end: RunEnd) -> RunEnd:
    """The end of a run, which says that its machine or its runner may make another attempt, where that may be."""
    attempt, goes_on = run.attempts[-1], may_go_on(run, last, time.time())
    with suppress(RunnerError):
        goes_on = goes_on and machine_goes_on(stage.aws, stage.waiter, attempt, Patience(SEEN_WITHIN)) is not False
    starter, name = "machine" if attempt.execution else "runner", attempt.started_by or attempt.arn
    follow = command_line("attach", name_of_run(attempt.manifest.batch, name, name), attempt.manifest.stage)
    note = f"its {starter} may make another attempt, which this follows: {follow}"
    return replace(end, goes_on=(note,)) if goes_on else end
