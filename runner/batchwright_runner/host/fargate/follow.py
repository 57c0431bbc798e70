"""Follows one task on Fargate to its end."""

from collections.abc import Callable
from typing import Literal

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.end import run_end, with_all_containers
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.pace import PollingPace
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.task import FargateTask
from batchwright_runner.host.fargate.tasks import age_of
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.follow import Follower, Limits
from batchwright_runner.host.runs.stopping import Whereabouts
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.live_line import LiveLine
from batchwright_runner.host.terminal.log_output import Output

SEEN_WITHIN = 10.0
"""Seconds for which it is looked how old a task is that was there already."""


class _Watching(LiveLine):
    """A live line, and someone else who wants to know of the end."""

    def __init__(self, console: Console, ended: Callable[[], None]) -> None:
        super().__init__(console)
        self._ended = ended

    def state(self, state: TaskState) -> None:
        """Says a change of phase."""
        if state.ended:
            self._ended()
        super().state(state)


class TaskFollower:
    """Follows tasks."""

    def __init__(self, stage: Stage, output: Output, console: Console) -> None:
        self._stage = stage
        self._output = output
        self._console = console

    def follow(
        self,
        plan: RunPlan,
        arn: str,
        *,
        left: float,
        on_signal: Literal["stop", "leave"],
        all_containers: bool = False,
        view: LogView = WHOLE,
        ended: Callable[[], None] = lambda: None,
        execution: str = "",
    ) -> RunEnd:
        """Follows a task."""
        waiter, manifest = self._stage.waiter, plan.manifest
        task = FargateTask(
            self._stage.aws,
            manifest,
            arn,
            clock=waiter.now,
            all_containers=all_containers,
            execution=execution,
            view=view,
        )
        pace = PollingPace(waiter.now(), stopped=lambda: bool(waiter.signals))
        limits = Limits(
            deadline=waiter.now() + left,
            timeout=plan.timeout,
            stop_timeout=manifest.stop_timeout_seconds,
            on_signal=on_signal,
            container=manifest.container,
            runner=Whereabouts.here(),
        )
        with _Watching(self._console, ended) as watcher:
            follower = Follower(task, limits, pace=pace, waiter=waiter, output=self._output, watcher=watcher)
            ending = follower.run()
        incomplete = follower.incomplete
        if pace.gave_up(waiter.now()) and not incomplete:
            incomplete = "the log could not be read to its end"
        end = run_end(verdict(ending), plan, arn, state=follower.state, ending=ending, incomplete=incomplete)
        return with_all_containers(end) if all_containers else end

    def left(self, plan: RunPlan, arn: str) -> float:
        """Seconds of the timeout that a task which was there already has left; all of them if ECS does not know it yet.

        Both its age and now are AWS's: this host's clock need not agree with AWS's.
        """
        aws, waiter = self._stage.aws, self._stage.waiter

        def age() -> float:
            return 0.0 if waiter.signals else age_of(aws, plan.manifest.cluster, arn)

        what = f"since when run {plan.name} is in progress cannot be seen"
        try:
            return plan.timeout - repeat(age, waiter, Patience(SEEN_WITHIN), trying=Trying(what, waiter))
        except ApiError as error:
            # Following has more patience than this look, and a task that runs is not left for it.
            self._stage.tell.note(f"{what}: {error}\nits timeout counts from now")
            return plan.timeout
