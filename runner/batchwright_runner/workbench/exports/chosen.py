"""The batches that a scheduler starts, of all that a stage has. Pure."""

from collections.abc import Iterable, Sequence

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.workbench.exports.job import Job

Due = tuple[Job, CronSchedule]
"""A batch with its schedule."""


def started_by(jobs: Iterable[Job], scheduler: str) -> list[Due]:
    """The batches that a scheduler starts, in the order of their names."""
    chosen = [(job, job.schedule) for job in sorted(jobs, key=lambda job: job.name)]
    return [(job, due) for job, due in chosen if due is not None and job.started_by(scheduler)]


def counted(chosen: Sequence[Due], jobs: Sequence[Job], scheduler: str, what: str) -> str:
    """How many were exported and why others were not: ``2 lines; not exported: hello (no schedule)``.

    Args:
        chosen: Those that were.
        jobs: All of them.
        scheduler: The scheduler.
        what: What one of them is: ``line``.
    """
    known = {job.name for job, _ in chosen}
    others = [f"{job.name} ({_why(job)})" for job in sorted(jobs, key=lambda job: job.name) if job.name not in known]
    number = f"{len(chosen)} {what}{'' if len(chosen) == 1 else 's'}"
    left_out = f"; not exported: {', '.join(others)}" if others else ""
    asleep = "" if chosen else f'. Say scheduler="{scheduler}" in the declaration or the stage'
    return f"{number}{left_out}{asleep}"


def _why(job: Job) -> str:
    return "no schedule" if job.schedule is None else f"started by {job.scheduler or NOBODY}"


def heading(project: str, stage: str) -> str:
    """The line that says where a file comes from."""
    return f"Exported by batchwright, project {project}, stage {stage}. Change the declarations, not this file."
