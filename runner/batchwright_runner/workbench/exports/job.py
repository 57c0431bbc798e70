"""What every scheduler needs: declared batches and workflows as jobs, batchwright.toml's sections, and a look. Pure.

The look is that of each morning, by the same scheduler, at what was due and did not run: ``batchwright runs --missed``.
A dead scheduler does not start it either: it is a job like any other. The watch that AWS keeps does not depend on it
(docs/schedules.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from batchwright_runner.contract.batch_file import DECLARATION, BatchFile
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.contract.schedules.times import DueTimes, next_times
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.two_at_once import TwoAtOnce
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.errors import RunnerError

STAGES = "stages"


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
    at_once: TwoAtOnce = field(default_factory=TwoAtOnce)
    options: tuple[RunOption, ...] = ()
    steps: tuple[str, ...] = ()
    # What is left to do before it takes the place of an older job; empty for nothing
    unfinished: str = ""
    # The UUID of the job in Rundeck that stands for it already; empty for none
    rundeck_uuid: str = ""

    def started_by(self, scheduler: str) -> bool:
        """Whether a scheduler starts it when it is due; any other one must not, or it would run twice."""
        return self.schedule is not None and self.scheduler == scheduler

    def command(self, runner: str) -> str:
        """The command that runs it, with the runner in place of ``batchwright``."""
        return f"{runner} run {self.name} -s {self.stage}"


def job_of(file: BatchFile | WorkflowFile) -> Job:
    """The job of a declared batch, or of a workflow: one, whatever its steps are."""
    workflow = file.workflow if isinstance(file, WorkflowFile) else None
    record = file.manifest if isinstance(file, BatchFile) else file.workflow
    name = file.manifest.batch if isinstance(file, BatchFile) else file.workflow.name
    declaration = workflow_file.DECLARATION if workflow else DECLARATION
    alike = ("project", "stage", "runbook", "scheduler", "at_once", "options", "unfinished")
    return Job(
        **{each: getattr(record, each) for each in alike},
        name=name,
        description=" ".join(record.description.split()),
        owner=" ".join(record.owner.split()),
        declared_in=f"{file.package}/{declaration}" if file.package else "",
        schedule=_schedule(name, record.schedule),
        rundeck_uuid=file.rundeck_uuid,
        steps=tuple(step.name for step in workflow.all_steps) if workflow else (),
    )


def _schedule(name: str, text: str) -> CronSchedule | None:
    due = DueTimes.of(text)
    if due and due.problem:
        raise RunnerError(f"{name} cannot be exported: its schedule cannot be read here: {due.problem}")
    return due.cron if due else None


Scheduled = tuple[Job, CronSchedule]
"""A batch with its schedule."""


def started_by(jobs: Iterable[Job], scheduler: str) -> list[Scheduled]:
    """The batches that a scheduler starts, in the order of their names."""
    ordered = sorted((job for job in jobs if job.started_by(scheduler)), key=lambda job: job.name)
    return [(job, job.schedule) for job in ordered if job.schedule]


def counted(chosen: Sequence[Scheduled], jobs: Sequence[Job], scheduler: str, noun: str) -> str:
    """How many were exported and why others were not: ``2 lines; not exported: hello (no schedule)``.

    `noun`: what one of them is: ``line``.
    """
    exported = {job.name for job, _ in chosen}
    left = [job for job in sorted(jobs, key=lambda job: job.name) if job.name not in exported]
    starters = {job.name: f"started by {job.scheduler or NOBODY}" if job.schedule else "no schedule" for job in left}
    number = f"{len(chosen)} {noun}{'' if len(chosen) == 1 else 's'}"
    left_out = f"; not exported: {', '.join(f'{name} ({why})' for name, why in starters.items())}" if left else ""
    asleep = "" if chosen else f'. Say scheduler="{scheduler}" in the declaration or the stage'
    return f"{number}{left_out}{asleep}"


def heading(project: str, stage: str) -> str:
    """The line that says where a file comes from."""
    return f"Exported by batchwright, project {project}, stage {stage}. Change the declarations, not this file."


def section(content: Mapping[str, Any] | None, name: str, stage: str, source: str) -> dict[str, Any]:
    """What a section says for a stage: its own keys, and then those of ``[NAME.stages.STAGE]``.

    `content`: the section, whose keys are known; ``None`` where there is none.
    """
    for path, table in tables_of(content, name).items():
        for key, value in table.items():
            if isinstance(value, str) and (not value.strip() or not value.isprintable()):
                raise RunnerError(f"{source} cannot be used: {path}.{key} must be a string of one line")
    general = dict(content or {})
    own = general.pop(STAGES, {}).get(stage, {})
    return {**general, **own}


def tables_of(content: Mapping[str, Any] | None, name: str) -> dict[str, Mapping[str, Any]]:
    """A section, and those of its stages, by what they are called."""
    whole = content or {}
    return {name: whole, **{f"{name}.{STAGES}.{stage}": own for stage, own in whole.get(STAGES, {}).items()}}


def fields_of(fields: str, name: str, zone: str, hint: str = "") -> CronSchedule:
    """The schedule that a key says in the five fields of a crontab."""
    try:
        return from_cron(fields, zone)
    except ScheduleError as error:
        raise RunnerError(f"{name} cannot be used: {error}", hint=hint) from error


NAME = "missed_runs"
"""The job's name. No batch has an underscore in its name."""
KEY = "missed_schedule"
"""The key of batchwright.toml that says when."""
SCHEDULE = "0 8 * * *"
"""When, unless the project says so."""
NEVER = "never"

_LOOKS = 800  # so many are compared: two years and more of daily ones
_FROM = datetime(2026, 1, 1, tzinfo=UTC)  # any day would do, and the text is the same on all days


@dataclass(frozen=True, slots=True)
class Morning:
    """The look."""

    schedule: CronSchedule
    # How far back it looks: as long as it is from one look to the next, at most
    since: str

    def command(self, runner: str, stage: str, more: str = "") -> str:
        """The command.

        `runner`: what stands in the place of ``batchwright``.
        """
        return f"{runner} runs -s {stage} --missed --since {self.since}{more}"


def morning(jobs: Iterable[Job], scheduler: str, fields: str, zone: str) -> Morning | None:
    """The look of a scheduler; none where it starts no batch of the stage, or the project wants none.

    `fields`: when, as the five fields of a crontab; ``never`` for none, and empty for eight in the morning.
    """
    if fields == NEVER or not any(job.started_by(scheduler) for job in jobs):
        return None
    hint = f"Write five fields, or {NEVER} for no such job"
    schedule = fields_of(fields or SCHEDULE, f"{scheduler}.{KEY}", zone, hint)
    times = [time.astimezone(UTC) for time in next_times(schedule, _FROM, _LOOKS)]
    longest = max((later - earlier).total_seconds() for earlier, later in pairwise(times))
    hours = max(1, -(-int(longest) // 3600))
    return Morning(schedule, f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h")
