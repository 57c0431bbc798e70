"""Where jobs may come from, and how each is read."""

import re
import sys
from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path

from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.moving.copilot import read_manifest
from batchwright_runner.workbench.moving.crontab import read_crontab
from batchwright_runner.workbench.moving.found import Definition, ForeignJob, Reading, SourcePlace, Step
from batchwright_runner.workbench.moving.move import Wanted, stage_tables
from batchwright_runner.workbench.moving.rundeck import read_jobs
from batchwright_runner.workbench.moving.sources import read_file
from batchwright_runner.workbench.moving.stages import without
from batchwright_runner.workbench.moving.task_definitions import read_definitions


def read(wanted: Wanted, project: Project) -> Reading:
    """Reads what is asked for.

    Raises:
        UsageError: A file cannot be read, or there is no task definition where some were promised.
        RunnerError: PyYAML is not installed.
    """
    stages = stage_tables(project)
    if wanted.origin == "task-definition":
        defined = read_definitions([*wanted.files, *wanted.definitions], stages)
        return defined + Reading(_of_definitions(defined.definitions))
    defined = read_definitions(wanted.definitions, stages) if wanted.definitions else Reading()
    return reduce(add, (_read(path, wanted, list(stages)) for path in wanted.files), Reading()) + defined


def _read(path: Path, wanted: Wanted, stages: Sequence[str]) -> Reading:
    """The jobs of a file; of ``-`` they come from stdin."""
    text = sys.stdin.read() if str(path) == "-" else read_file(path)
    if wanted.origin == "copilot":
        return read_manifest(text, str(path), _application(path), stages)
    if wanted.origin == "crontab":
        advice = "" if wanted.image else "name the image that has these programs"
        return read_crontab(text, str(path), wanted.patterns, image=advice)
    return read_jobs(text, str(path), wanted.patterns)


def _application(path: Path) -> str:
    """The application of a manifest of Copilot; empty where nothing says it."""
    workspace = path.absolute().parent.parent / ".workspace"
    said = read_file(workspace) if workspace.is_file() else ""
    match = re.search(r"^application:\s*[\"']?([\w-]+)", said, re.MULTILINE)
    return match[1] if match else ""


def _of_definitions(definitions: Sequence[Definition]) -> list[ForeignJob]:
    """A job of each family, which nobody starts."""
    jobs: dict[str, ForeignJob] = {}
    for one in definitions:
        name = without(one.family, one.stage)
        about = f"What runs as the task definition {name}."
        step, place = Step(family=one.family), SourcePlace(one.file, 1)
        job = ForeignJob(place=place, name=name, step=step, scheduler=NOBODY, description=about)
        jobs.setdefault(one.shared_family, job)
    return list(jobs.values())
