"""Declared batches and workflows as a scheduler sees them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.batch_file import DECLARATION
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_text
from batchwright_runner.contract.sizes import NOBODY, Overlap
from batchwright_runner.contract.two_at_once import TwoAtOnce
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
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
    options: tuple[RunOption, ...] = ()
    steps: tuple[str, ...] = ()
    # What is left to do before it takes the place of an older job; empty for nothing
    unfinished: str = ""
    # The UUID of the job in Rundeck that stands for it already; empty for none
    rundeck_uuid: str = ""

    @property
    def at_once(self) -> TwoAtOnce:
        """What a second run does while one is in progress."""
        return TwoAtOnce(self.overlap)

    def started_by(self, scheduler: str) -> bool:
        """Whether a scheduler starts it when it is due; any other one must not, or it would run twice."""
        return self.schedule is not None and self.scheduler == scheduler

    def command(self, runner: str) -> str:
        """The command that runs it, with the runner in place of ``batchwright``."""
        return f"{runner} run {self.name} -s {self.stage}"


def job_of(batch: DeclaredBatch) -> Job:
    """The job of a declared batch."""
    return Job(**_declared(batch.manifest, batch.manifest.batch, batch, DECLARATION))


def job_of_workflow(declared: WorkflowFile) -> Job:
    """The job of a declared workflow: one, whatever its steps are."""
    workflow = declared.workflow
    steps = tuple(step.name for step in workflow.all_steps)
    return Job(**_declared(workflow, workflow.name, declared, workflow_file.DECLARATION), steps=steps)


def _declared(
    record: BatchManifest | WorkflowManifest, name: str, file: DeclaredBatch | WorkflowFile, declaration: str
) -> dict[str, Any]:
    """The fields that batches and workflows share."""
    alike = ("project", "stage", "runbook", "scheduler", "overlap", "options", "unfinished")
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
        return from_text(text) if text else None
    except ScheduleError as error:
        raise RunnerError(f"{name} cannot be exported: its schedule cannot be read here: {error}") from error


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
