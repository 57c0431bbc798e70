"""Declared batches and workflows as a scheduler sees them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.batch_file import DECLARATION
from batchwright_runner.contract.manifest import DEFAULT_TIMEOUT, BatchManifest
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.sizes import NOBODY, Overlap
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.contract.workflows.structure import Chain, WorkflowStep
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.project.batches import DeclaredBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A batch or a workflow of a stage, as a scheduler sees it."""

    project: str
    stage: str
    name: str
    description: str
    owner: str
    # Address of the page to read when it fails; empty for none
    runbook: str = ""
    # The file that declares it, relative to the project; empty where that is not known
    declared_in: str = ""
    # When it is due; ``None`` if it has no schedule
    schedule: CronSchedule | None = None
    # Which scheduler starts it then; empty for none
    scheduler: str = ""
    # What a run does while another one is in progress
    overlap: Overlap = "allow"
    region: str = ""
    # Seconds that a run may take at most, with its retries, the pauses before them and its wait for another one
    longest_seconds: int = DEFAULT_TIMEOUT
    stop_timeout_seconds: int = 30
    options: tuple[RunOption, ...] = ()
    steps: tuple[str, ...] = ()
    # The UUID of the job in Rundeck that stands for it already; empty for none
    rundeck_uuid: str = ""

    def started_by(self, scheduler: str) -> bool:
        """Whether a scheduler starts it when it is due; any other one must not, or it would run twice."""
        return self.schedule is not None and self.scheduler == scheduler

    def command(self, runner: str) -> str:
        """The command that runs it, with the runner in place of ``batchwright``."""
        return f"{runner} run {self.name} -s {self.stage}"


def job_of(batch: DeclaredBatch) -> Job:
    """The job of a declared batch."""
    manifest = batch.manifest
    return Job(
        **_declared(manifest, manifest.batch, batch, DECLARATION),
        region=manifest.region,
        longest_seconds=_longest(manifest),
        stop_timeout_seconds=manifest.stop_timeout_seconds,
    )


def job_of_workflow(declared: WorkflowFile, batches: Mapping[str, Job]) -> Job:
    """The job of a declared workflow: one, whatever its steps are."""
    workflow = declared.workflow
    steps = [batches[step.batch] for step in workflow.all_steps]
    once = _chain(workflow.steps, batches) + _chain(workflow.always, batches)
    return Job(
        **_declared(workflow, workflow.name, declared, workflow_file.DECLARATION),
        region=steps[0].region,
        longest_seconds=once * (2 if workflow.overlap == "wait" else 1),
        stop_timeout_seconds=max(step.stop_timeout_seconds for step in steps),
        steps=tuple(step.name for step in workflow.all_steps),
    )


def _declared(
    record: BatchManifest | WorkflowRecord, name: str, file: DeclaredBatch | WorkflowFile, declaration: str
) -> dict[str, Any]:
    """The fields that batches and workflows share."""
    alike = ("project", "stage", "runbook", "scheduler", "overlap", "options")
    return {
        **{field: getattr(record, field) for field in alike},
        "name": name,
        "description": " ".join(record.description.split()),
        "owner": " ".join(record.owner.split()),
        "declared_in": f"{file.package}/{declaration}" if file.package else "",
        "schedule": _schedule(name, record.schedule),
        "rundeck_uuid": file.rundeck_uuid,
    }


def _schedule(name: str, text: str) -> CronSchedule | None:
    try:
        return CronSchedule.from_text(text) if text else None
    except ScheduleError as error:
        raise RunnerError(f"{name} cannot be exported: its schedule cannot be read here: {error}") from error


def _chain(chain: Chain, batches: Mapping[str, Job]) -> int:
    """Seconds that a chain may take at most: of branches side by side the longest one counts."""
    return sum(
        batches[item.batch].longest_seconds
        if isinstance(item, WorkflowStep)
        else max(_chain(branch, batches) for branch in item.branches)
        for item in chain
    )


def _longest(manifest: BatchManifest) -> int:
    wait = manifest.overlap_wait_seconds or manifest.timeout_seconds if manifest.overlap == "wait" else 0
    pauses = manifest.retries * manifest.retry_delay_seconds
    return wait + pauses + (manifest.retries + 1) * manifest.timeout_seconds


Due = tuple[Job, CronSchedule]
"""A batch with its schedule."""


def started_by(jobs: Iterable[Job], scheduler: str) -> list[Due]:
    """The batches that a scheduler starts, in the order of their names."""
    chosen = [(job, job.schedule) for job in sorted(jobs, key=lambda job: job.name)]
    return [(job, due) for job, due in chosen if due is not None and job.started_by(scheduler)]


def counted(chosen: Sequence[Due], jobs: Sequence[Job], scheduler: str, noun: str) -> str:
    """How many were exported and why others were not: ``2 lines; not exported: hello (no schedule)``.

    `noun`: what one of them is: ``line``.
    """
    exported = {job.name for job, _ in chosen}
    others = [f"{job.name} ({_why(job)})" for job in sorted(jobs, key=lambda job: job.name) if job.name not in exported]
    number = f"{len(chosen)} {noun}{'' if len(chosen) == 1 else 's'}"
    left_out = f"; not exported: {', '.join(others)}" if others else ""
    asleep = "" if chosen else f'. Say scheduler="{scheduler}" in the declaration or the stage'
    return f"{number}{left_out}{asleep}"


def _why(job: Job) -> str:
    return "no schedule" if job.schedule is None else f"started by {job.scheduler or NOBODY}"


def heading(project: str, stage: str) -> str:
    """The line that says where a file comes from."""
    return f"Exported by batchwright, project {project}, stage {stage}. Change the declarations, not this file."
