"""Where jobs may come from, and how each is read."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.moving.copilot import Manifests, read_manifest
from batchwright_runner.workbench.moving.crontab import read_crontab
from batchwright_runner.workbench.moving.found import ForeignJob, Reading, SourcePlace, Step, UnwritableError
from batchwright_runner.workbench.moving.move import stage_tables
from batchwright_runner.workbench.moving.rundeck import read_jobs
from batchwright_runner.workbench.moving.sources import read_file
from batchwright_runner.workbench.moving.stages import without
from batchwright_runner.workbench.moving.task_definitions import Definitions, read_definitions

ORIGINS = ("rundeck", "copilot", "crontab", "task-definition")
"""What ``new --from`` may name."""

_TITLES = {"rundeck": "Rundeck", "copilot": "Copilot", "crontab": "a crontab", "task-definition": "ECS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSources:
    """What a person gave.

    Attributes:
        files: The files to read.
        definitions: Files and folders of task definitions.
        patterns: Patterns of the house's own wrapper.
        image: The image that commands without a task definition run in; empty for one of the project's own.
    """

    files: Sequence[Path]
    definitions: Sequence[Path] = ()
    patterns: Sequence[re.Pattern[str]] = ()
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignJobs:
    """What was read.

    Attributes:
        title: Where it comes from, for people.
        reading: The jobs.
        definitions: The task definitions.
        notes: What a person must do beside that.
    """

    title: str
    reading: Reading
    definitions: Definitions = field(default_factory=Definitions)
    notes: Sequence[str] = ()


def read(origin: str, given: GivenSources, project: Project) -> ForeignJobs:
    """Reads what was given.

    Args:
        origin: One of `ORIGINS`.
        given: What a person gave.
        project: The project.

    Raises:
        UsageError: A file cannot be read, or there is no task definition where some were promised.
        RunnerError: PyYAML is not installed.
    """
    stages = stage_tables(project)
    definitions = read_definitions(given.definitions, stages) if given.definitions else Definitions()
    notes: list[str] = []
    if origin == "task-definition":
        definitions = read_definitions([*given.files, *given.definitions], stages)
        reading = _of_definitions(definitions)
    elif origin == "copilot":
        manifests = _manifests(given.files, list(stages))
        reading, definitions = manifests.reading, Definitions(manifests.definitions)
        notes = [f"to build: batchwright image push {name} {how}" for name, how in manifests.builds.items()]
    elif origin == "crontab":
        advice = "" if given.image else "name the image that has these programs"
        readings = [read_crontab(_text(path), str(path), given.patterns, image=advice) for path in given.files]
        reading = _together(readings)
    else:
        reading = _together([read_jobs(_text(path), str(path), given.patterns) for path in given.files])
    return ForeignJobs(title=_TITLES[origin], reading=reading, definitions=definitions, notes=notes)


def _text(path: Path) -> str:
    """The text of a file; of ``-`` it is stdin."""
    return sys.stdin.read() if str(path) == "-" else read_file(path)


def _manifests(files: Sequence[Path], stages: Sequence[str]) -> Manifests:
    found = Manifests()
    for path in files:
        workspace = path.absolute().parent.parent / ".workspace"
        application = ""
        if workspace.is_file():
            match = re.search(r"^application:\s*[\"']?([\w-]+)", read_file(workspace), re.MULTILINE)
            application = match[1] if match else ""
        read_manifest(_text(path), str(path), application, stages, found)
    return found


def _of_definitions(definitions: Definitions) -> Reading:
    """A job of each family, which nobody starts."""
    jobs: dict[str, ForeignJob] = {}
    for one in definitions.found:
        name = without(one.family, one.stage)
        step = Step(family=one.family)
        job = ForeignJob(
            place=SourcePlace(one.file, 1),
            name=name,
            step=step,
            scheduler=NOBODY,
            description=f"What runs as the task definition {name}.",
        )
        jobs.setdefault(one.shared_family, job)
    return Reading(list(jobs.values()))


def _together(readings: Sequence[Reading]) -> Reading:
    unwritable: list[UnwritableError] = [error for reading in readings for error in reading.unwritable]
    notes = [note for reading in readings for note in reading.notes]
    return Reading([job for reading in readings for job in reading.jobs], unwritable, notes)
