"""The end of a run on Fargate, and where AWS's console shows it."""

from collections.abc import Sequence
from dataclasses import replace

from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.console import log_page, task_page
from batchwright_runner.contract.judgment.retries import ATTEMPT_WITHIN, pause_before_retry, why_again
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import Ending, verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.cost.cost import Cost, billed, of_run, total
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.task import task_id
from batchwright_runner.host.fargate.task_log import stream_name
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.phases import shown_phases


def run_end(
    outcome: Verdict, plan: RunPlan, arn: str, *, state: TaskState | None, ending: Ending | None, incomplete: str = ""
) -> RunEnd:
    """The end of a run. Pure.

    `incomplete`: why lines of the log may be missing; empty when none are.
    """
    manifest = plan.manifest
    name = name_of_run(manifest.batch, arn, plan.run.started_by)
    see_log = command_line("logs", name, manifest.stage)
    ended = ended_when(state) if ending is None and state is not None else ""
    never = outcome.row is Row.NEVER_STARTED  # there is no log
    links = {"task": task_link(manifest, arn), "log": log_link(manifest, arn)}
    said = () if outcome.succeeded else ("task",) if never else ("task", "log")
    verify = command_line("verify", manifest.batch, manifest.stage)
    look = f"check all that it needs: {verify}" if never else f"see its log: {see_log}"
    end = RunEnd(
        verdict=outcome,
        manifest=manifest,
        task=arn,
        state=state,
        ending=ending,
        incomplete=incomplete,
        extra={
            "run": name,
            "run_id": plan.run.text,
            "attempt": plan.attempt,
            "links": links,
        },
        facts=[
            *([f"ended: {ended}"] if ended else []),
            *(_facts(manifest, state) if ending is not None or state is not None else ()),
            *(f"{name}: {links[name]}" for name in said if ending is not None or state is not None),
        ],
        on_failure=(look, f"see the last runs: {command_line('runs', manifest.batch, manifest.stage)}"),
        goes_on=_goes_on(manifest, arn, ending),
        whole_log=see_log,
        again=again_line(manifest.batch, manifest.stage, plan.run.started_by),
    )
    return with_cost_of(end, [end])


def left_end(plan: RunPlan, arn: str, first: int) -> RunEnd:
    """The end of a run that is left at once on a second signal. Pure.

    `first`: the first signal.
    """
    ending = Ending(began=False, ended=False, left=first)
    return run_end(verdict(ending), plan, arn, state=None, ending=ending)


def asks_again(end: RunEnd) -> bool:
    """Whether another attempt is made after one that has ended, where that was the first. Pure."""
    return end.ending is not None and bool(why_again(end.manifest, end.verdict, end.ending, failed_starts=1, retried=0))


def ended_lately(manifest: BatchManifest, state: TaskState, now: float) -> bool:
    """Whether a run ended so recently that its runner may be about to make another attempt. Pure.

    `now`: seconds since 1970. This host's clock may be a little off.
    """
    return now - state.times.get("stoppedAt", now) < manifest.retry_delay_seconds + ATTEMPT_WITHIN


def pause_left(end: RunEnd, now: float) -> float:
    """The seconds that are left of the pause that the batch declares before the next attempt. Pure.

    `now`: seconds since 1970. This host's clock may be a little off.
    """
    stopped = end.state.times.get("stoppedAt", now) if end.state is not None else now
    return max(0.0, pause_before_retry(end.manifest, end.verdict) - max(0.0, now - stopped))


def with_all_containers(end: RunEnd) -> RunEnd:
    """The end of a run of which all containers' logs are shown, for a reader who misses lines of one. Pure."""
    name = name_of_run(end.manifest.batch, end.task)
    return replace(end, whole_log=command_line("attach", name, end.manifest.stage, "--all-containers"))


def attempt_cost(manifest: BatchManifest, state: TaskState | None) -> Cost:
    """What a task has cost until its end, as far as that was seen: of Fargate alone."""
    seconds = None if state is None else billed(state.times)
    if state is None or seconds is None:
        return Cost(None, "nothing was billed, or its end was not seen")
    size = state.size
    return of_run(None if size is None else replace(size, architecture=manifest.architecture), manifest.region, seconds)


def with_cost_of(end: RunEnd, attempts: Sequence[RunEnd]) -> RunEnd:
    """The end of a run, which says what all its attempts have cost. Pure."""
    costs = [attempt_cost(attempt.manifest, attempt.state) for attempt in attempts if not _cost_nothing(attempt.state)]
    cost = total(costs) if costs else attempt_cost(end.manifest, end.state)
    return replace(end, extra={**end.extra, "cost": {**cost.to_dict(), "attempts": len(costs)}})


def _cost_nothing(state: TaskState | None) -> bool:
    """Whether a task is known not to be billed: it ended before its image was pulled."""
    return state is not None and state.ended and not {"pullStartedAt", "startedAt"} & state.times.keys()


def ended_when(state: TaskState) -> str:
    """When a run has ended, ``2026-11-25 02:31 JST``; empty where that is not known."""
    at = state.times.get("executionStoppedAt") or state.times.get("stoppedAt")
    return shown(at) if at else ""


def come_back(manifest: BatchManifest, arn: str, what: str = "the run continues") -> str:
    """How to come back to a run that is left."""
    run = name_of_run(manifest.batch, arn, "" if arn.startswith("arn:") else arn)
    return "\n".join(
        [
            f"{what}: {run}",
            f"follow it: {command_line('attach', run, manifest.stage)}",
            f"stop it: {command_line('stop', run, manifest.stage)}",
        ]
    )


def task_link(manifest: BatchManifest, arn: str) -> str:
    """The console's page of a task."""
    return task_page(manifest.region, manifest.cluster, task_id(arn))


def log_link(manifest: BatchManifest, arn: str) -> str:
    """The console's page of a task's log."""
    return log_page(manifest.region, manifest.log_group, stream_name(manifest, manifest.container, task_id(arn)))


def _goes_on(manifest: BatchManifest, arn: str, ending: Ending | None) -> Sequence[str]:
    """How to come back to what may still be in progress: the task, or the run for which it gave way."""
    if ending is None or ending.ended:
        return ()
    if ending.stop is not None and ending.stop.run:
        return come_back(manifest, ending.stop.run, "the run in progress").split("\n")
    goes_on = ending.left and ending.stop is None
    return come_back(manifest, arn, "the run continues" if goes_on else "the run may still go on").split("\n")


def _facts(manifest: BatchManifest, state: TaskState | None) -> Sequence[str]:
    lines = []
    if state is not None and shown_phases(state.times):
        lines.append(f"time: {shown_phases(state.times)}")
    if state is not None and state.image_digest:
        repository = f"{manifest.image.repository}@" if manifest.image.repository else ""
        lines.append(f"image: {repository}{state.image_digest}")
    return lines
