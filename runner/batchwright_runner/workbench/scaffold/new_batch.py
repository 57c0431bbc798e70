"""Adds a batch or a workflow to a project, and says what is left to do."""

import json
import os
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Literal

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, expression_of, from_cron
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.workflows.file import DECLARATION
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.project.image_folder import is_built
from batchwright_runner.workbench.scaffold.answers import project_zone
from batchwright_runner.workbench.scaffold.files import NewFile, render, write_new
from batchwright_runner.workbench.scaffold.names import (
    check_batch,
    check_image,
    check_owner,
    class_name,
    declared_batches,
    declared_names,
    folder_name,
)
from batchwright_runner.workbench.scaffold.python import WIDTH, laid_out, literal

Language = Literal["python", "ruby", "shell"]
LANGUAGES: tuple[Language, ...] = ("python", "ruby", "shell")
OWNER = "platform-team"

PACKAGES = NewFile("batches/__init__.py", '"""The batches: one package each, which batch.py declares."""\n')


_SOURCES: dict[Language, tuple[tuple[str, ...], str, str, str]] = {
    "python": (("python", "main.py"), "main.py", "python.batch.py.in", "test_run.py.in"),
    "ruby": (("ruby", "main.rb"), "main.rb", "plain.batch.py.in", "test_run_ruby.py.in"),
    "shell": (("sh", "main.sh"), "main.sh", "plain.batch.py.in", "test_run.py.in"),
}
"""The command of a language's source, its file, and the templates of ``batch.py`` and of the test."""
_SHARED: dict[Language, tuple[str, ...]] = {
    "python": ("python", "-c", "print('{name}')"),
    "ruby": ("bundle", "exec", "rake", "--tasks"),
    "shell": ("echo", "{name}"),
}
"""A command to begin with, in an image that exists."""


def batch_files(
    name: str, *, image: str = "", language: Language = "python", owner: str = OWNER, schedule: str = ""
) -> tuple[NewFile, ...]:
    """The files of a batch, relative to the project.

    `image`: an image that exists, and is built elsewhere; empty for one of its own.
    `schedule`: when it is due: a crontab's five fields; empty for no schedule.
    """
    folder, (command, main, declaration, test) = folder_name(name), _SOURCES[language]
    shared = [part.format(name=name) for part in _SHARED[language]]
    values = {
        "name": name,
        "folder": folder,
        "class": class_name(name),
        "owner": literal(owner),
        "image": image,
        "command": json.dumps(shared if image else command),
        "names": "BatchPlatform, FargateBatch" + (", Schedule" if schedule else ""),
        "schedule": schedule_line(schedule) if schedule else "",
    }
    templates = {"batch.py": "shared.batch.py.in", f"test_{folder}.py": "test_declaration.py.in"}
    if not image:
        templates = {
            "batch.py": declaration,
            f"app/{main}": f"{main}.in",
            "Dockerfile": f"{language}.Dockerfile.in",
            ".dockerignore": "dockerignore.in",
            f"test_{folder}.py": test,
            "local.env.example": "local.env.example.in",
        }
    marker = NewFile(f"batches/{folder}/__init__.py", f'"""The batch {name}."""\n')
    paths = {f"batches/{folder}/{path}": f"batch/{template}" for path, template in templates.items()}
    return (marker, *(NewFile(path, render(template, values)) for path, template in paths.items()))


def schedule_line(expression: str) -> str:
    """The line of a declaration that says when it is due."""
    line = f'            schedule=Schedule.cron("{expression}"),'
    return f"{line}  # noqa: E501\n" if len(line) > WIDTH else f"{line}\n"


def add_batch(
    project: Project, name: str, *, image: str, language: Language, owner: str, schedule: CronSchedule | None = None
) -> Iterator[str]:
    """Writes the folder of a batch, and says what was written, what to edit, and the next commands.

    `image`: the image of another batch; empty for one of its own.
    """
    _check_new(project, name, owner, "batch")
    if image:
        check_image(image)
    due = expression_of(schedule) if schedule else ""
    files = batch_files(name, image=image, language=language, owner=owner, schedule=due)
    folder = f"batches/{folder_name(name)}"
    new = [path for path in write_new(project.root, [PACKAGES, *files]).new if path.startswith(f"{folder}/")]
    yield f"batch {name}: {len(new)} new files in {folder}"
    if image:
        yield f"edit {folder}/batch.py: its description, owner, command and timeout"
        if not is_built(project.root, image, os.environ):
            yield f"image {image} has no Dockerfile in this project: say [images.{image}] context in batchwright.toml"
    else:
        main = next(path for path in new if "/app/" in path)
        yield f"edit {folder}/batch.py: its description, owner, parameters and timeout; and its program, {main}"
    run = [] if image else [f"batchwright run {name} --local"]
    yield from (*_due(schedule), "\n".join(["next:", *run, "make check test"]))


def _check_new(project: Project, name: str, owner: str, noun: str) -> None:
    """Raises unless the project can have a batch or a workflow of this name."""
    stages, title = project.context.get("stages") or (), str(project.context.get("project", "batches"))
    check_batch(name, project=title, stages=stages, known=declared_names(project), noun=noun)
    check_owner(owner)
    folder = f"batches/{folder_name(name)}"
    if (project.root / folder).exists():
        raise UsageError(f"there is a folder {folder} already", hint="Choose another name, or remove the folder")


def read_schedule(text: str, project: Project) -> CronSchedule | None:
    """Reads a crontab's five fields, in the project's time zone; none for an empty text.

    `text`: the fields, or a macro such as ``@daily``.
    """
    if not text:
        return None
    try:
        return from_cron(text, project_zone(project))
    except ScheduleError as error:
        raise UsageError(f"--schedule cannot be read: {error}", hint="Write --schedule '30 2 * * *'") from error


def add_workflow(
    project: Project, name: str, *, steps: Sequence[str], owner: str, schedule: CronSchedule | None = None
) -> Iterator[str]:
    """Writes the folder of a workflow, and says what was written, what to edit, and the next command."""
    _check_new(project, name, owner, "workflow")
    _check_steps(steps, sorted(declared_batches(project)))
    folder, file = f"batches/{folder_name(name)}", f"batches/{folder_name(name)}/{DECLARATION}"
    values = {
        "name": name,
        "class": class_name(name),
        "owner": literal(owner),
        "names": "BatchPlatform, " + ("Schedule, " if schedule else "") + "Workflow",
        "schedule": schedule_line(expression_of(schedule)) if schedule else "",
        "steps": "\n".join(laid_out(steps, "steps=", ",", 12)),
        "folder": folder_name(name),
        "started": "\n".join(laid_out(steps, f"assert list(play({class_name(name)}).started) == ", "", 4)),
        "first": literal(steps[0]),
    }
    marker = NewFile(f"{folder}/__init__.py", f'"""The workflow {name}."""\n')
    test = NewFile(f"{folder}/test_{folder_name(name)}.py", render("workflow/test_workflow.py.in", values))
    write_new(project.root, [PACKAGES, marker, NewFile(file, render("workflow/workflow.py.in", values)), test])
    yield f"workflow {name}: {file}, and a test beside it"
    yield f"edit {file}: its description and owner; Parallel(…) groups what runs side by side, Step(…) says more of one"
    yield from (*_due(schedule), f"next:\nbatchwright run {name} --local\nmake check test")


def _due(schedule: CronSchedule | None) -> Iterator[str]:
    if schedule:
        yield f"due {in_words(schedule)}: name who starts it with scheduler=, here or of the stage in cdk.json"


def _check_steps(steps: Sequence[str], batches: Sequence[str]) -> None:
    for step in steps:
        if step not in batches:
            near = get_close_matches(step, batches)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Write one of {', '.join(batches) or 'none yet'}"
            raise UsageError(f"--steps names {step!r}, and no batch of the project is called so", hint=hint)
        if steps.count(step) > 1:
            hint = f"Write the second one as Step({step!r}, name='…') in the file"
            raise UsageError(f"--steps names {step!r} twice", hint=hint)
