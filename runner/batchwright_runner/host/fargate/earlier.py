"""What an earlier call of the same given run id has started: its attempts, and whether there may be more of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.tasks import attempt_number
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, PatientAws
from batchwright_runner.host.fargate.end import ended_lately, of_somebody_elses
from batchwright_runner.host.fargate.history import past_tasks, run_pattern
from batchwright_runner.host.fargate.next_step import Progress
from batchwright_runner.host.fargate.overlap import gave_way
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.tasks import family, tasks_of_run
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.stage.session import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A run that an earlier call has started, and that ECS still knows."""

    run: str
    task: Mapping[str, Any]
    number: int
    # The run as it was before that attempt; what ECS has forgotten counts as attempts that ran
    before: Progress
    # ECS still knows all attempts before it, so that these numbers are certain
    counted: bool = True
    # It ended so long ago that no further attempt is made of it
    over: bool = False

    def left_to_its_runner(self, end: RunEnd, *, used_up: bool = False) -> RunEnd:
        """The end of an attempt after which this runner makes none; it says where the run's own runner may."""
        return end if self.over or (used_up and self.counted) else of_somebody_elses(end, self.run)


def find_earlier(
    stage: Stage, plan: RunPlan, wall: Callable[[], float] = time.time
) -> tuple[RunPlan, Earlier | Attempt | None]:
    """Looks for what this run's id has started before.

    `wall`: seconds since 1970.
    Returns the plan of the attempt that is to be followed or made; and what was found: the run in ECS; its end in the
    history, where ECS has forgotten it; or nothing that ever ran.
    """
    what = f"whether run {plan.name} was started before cannot be seen"
    manifest, started_by = plan.manifest, plan.run.started_by
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell, forbidden_for=FORBIDDEN_FOR)
    try:
        tasks = tasks_of_run(aws, manifest, started_by)
        earlier = earlier_of(manifest, plan.run.text, tasks, wall())
        if earlier is not None:
            return replace(plan, attempt=earlier.number), earlier
        group = manifest.history_log_group
        own = past_tasks(aws, group, run_pattern(started_by), families=[family(manifest)])
    except ApiError as error:
        raise RunnerError(f"{what}: {error}", hint="Without it, a second run could be started") from error
    ran = [task for task in own if not _waits_again(manifest, task)]
    if ran:
        return replace(plan, attempt=len(own)), Attempt.of(manifest, ran[0], in_ecs=False)
    waited = {str(task["taskArn"]) for task in (*tasks, *own)}
    return replace(plan, attempt=len(waited) + 1), None


def earlier_of(manifest: BatchManifest, run: str, tasks: Sequence[Mapping[str, Any]], now: float) -> Earlier | None:
    """What is known of a run from its tasks; none where none of them ran, and the run waits for its turn. Pure.

    Further attempts are made by this runner if the one that started it makes none; not in a queue, where the numbers of
    two runners' attempts part, and with them the client tokens.

    `now`: seconds since 1970.
    """
    ran = [task for task in tasks if not _waits_again(manifest, task)]
    if not ran:
        return None
    newest, *others = ran
    state, so_far = state_of(newest, manifest.container), tasks[tasks.index(newest) :]
    number = attempt_number(newest) or len(so_far)
    began = [state_of(task, manifest.container).began for task in others]
    failed_starts = began.index(True) if True in began else len(began)
    retried = max(0, number - 1 - began.count(False))
    over = state.ended and not ended_lately(manifest, state, now)
    before = Progress(
        manifest=manifest,
        makes_more=not over and manifest.overlap != "wait",
        failed_starts=failed_starts,
        tried=retried,
        begun=number - 1 - failed_starts if retried else 0,
    )
    return Earlier(
        run=run,
        task=newest,
        number=number,
        before=before,
        counted=retried == began.count(True),
        over=over,
    )


def _waits_again(manifest: BatchManifest, task: Mapping[str, Any]) -> bool:
    """Whether a task was stopped for an older run before it began, and its run waits for its turn."""
    return manifest.overlap == "wait" and gave_way(task) and not state_of(task, manifest.container).began
