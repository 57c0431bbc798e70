"""Where jobs may come from, and how each is read."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path

from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.moving.crontab import read_crontab
from batchwright_runner.workbench.moving.jobs import Definition, ForeignJob, JobStep, Reading, SourcePlace
from batchwright_runner.workbench.moving.move import MoveRequest, stage_tables
from batchwright_runner.workbench.moving.rundeck import read_jobs
from batchwright_runner.workbench.moving.sources import read_file
from batchwright_runner.workbench.moving.stages import without
from batchwright_runner.workbench.moving.task_definitions import read_definitions


def read(request: MoveRequest, project: Project) -> Reading:
    """Reads the files of a request."""
    stages = stage_tables(project)
    if request.origin == "task-definition":
        defined = read_definitions([*request.files, *request.definitions], stages)
        return defined + Reading(_of_definitions(defined.definitions))
    defined = read_definitions(request.definitions, stages) if request.definitions else Reading()
    return reduce(add, (_read(path, request) for path in request.files), Reading()) + defined


def _read(path: Path, request: MoveRequest) -> Reading:
    """The jobs of a file; of ``-`` they come from stdin."""
    text = read_file(path)
    if request.origin == "crontab":
        return read_crontab(text, str(path), request.patterns)
    return read_jobs(text, str(path), request.patterns)


def _of_definitions(definitions: Sequence[Definition]) -> list[ForeignJob]:
    """A job of each family, which no scheduler starts."""
    jobs: dict[str, ForeignJob] = {}
    for definition in definitions:
        name = without(definition.family, definition.stage)
        about = f"What runs as the task definition {name}."
        step, place = JobStep(family=definition.family), SourcePlace(definition.file, 1)
        job = ForeignJob(place=place, name=name, step=step, scheduler=NOBODY, description=about)
        jobs.setdefault(definition.shared_family, job)
    return list(jobs.values())
