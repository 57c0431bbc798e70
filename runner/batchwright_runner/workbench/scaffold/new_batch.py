"""Adds a batch or a workflow to a project, and says what is left to do."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, expression_of, from_cron
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.workflows.file import DECLARATION
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.scaffold.batch_files import PACKAGES, Language, batch_files, schedule_line
from batchwright_runner.workbench.scaffold.declared import declared_batches, declared_names
from batchwright_runner.workbench.scaffold.files import NewFile, WrittenFiles, write_new
from batchwright_runner.workbench.scaffold.names import check_batch, check_image, check_owner, class_name, folder_name
from batchwright_runner.workbench.scaffold.python import laid_out
from batchwright_runner.workbench.scaffold.text import literal, render
from batchwright_runner.workbench.scaffold.zones import project_zone


def add_batch(
    project: Project, name: str, *, image: str, language: Language, owner: str, schedule: CronSchedule | None = None
) -> WrittenFiles:
    """Writes the folder of a batch.

    `image`: the image of another batch; empty for one of its own.
    """
    stages = project.context.get("stages")
    known = declared_names(project)
    check_batch(name, project=str(project.context.get("project", "batches")), stages=stages or (), known=known)
    if image:
        check_image(image)
    check_owner(owner)
    free_folder(project, name)
    due = expression_of(schedule) if schedule else ""
    files = batch_files(name, image=image, language=language, owner=owner, schedule=due)
    return write_new(project.root, [PACKAGES, *files])


def free_folder(project: Project, name: str) -> str:
    """The folder of a new batch or workflow."""
    folder = f"batches/{folder_name(name)}"
    if (project.root / folder).exists():
        raise UsageError(f"there is a folder {folder} already", hint="Choose another name, or remove the folder")
    return folder


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


def report(
    added: WrittenFiles, name: str, *, image: str, schedule: CronSchedule | None = None, built: bool = True
) -> Iterator[str]:
    """The report: what was written, what to edit, and the next commands.

    `image`: the image of another batch; empty for one of its own.
    """
    folder = f"batches/{folder_name(name)}"
    new = [path for path in added.new if path.startswith(f"{folder}/")]
    yield f"batch {name}: {len(new)} new files in {folder}"
    if image:
        yield f"edit {folder}/batch.py: its description, owner, command and timeout"
        if not built:
            yield f"image {image} has no Dockerfile in this project: say [images.{image}] context in batchwright.toml"
    else:
        main = next(path for path in new if "/app/" in path)
        yield f"edit {folder}/batch.py: its description, owner, parameters and timeout; and its program, {main}"
    if schedule:
        yield f"due {in_words(schedule)}: name who starts it with scheduler=, here or of the stage in cdk.json"
    run = [] if image else [f"batchwright run {name} --local"]
    yield "\n".join(["next:", *run, "make check test"])


def add_workflow(
    project: Project, name: str, *, steps: Sequence[str], owner: str, schedule: CronSchedule | None = None
) -> WrittenFiles:
    """Writes the folder of a workflow."""
    known = declared_names(project)
    stages, title = project.context.get("stages"), str(project.context.get("project", "batches"))
    check_batch(name, project=title, stages=stages or (), known=known, noun="workflow")
    check_owner(owner)
    _check_steps(steps, sorted(declared_batches(project)))
    folder = free_folder(project, name)
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
    files = (
        NewFile(f"{folder}/__init__.py", f'"""The workflow {name}."""\n'),
        NewFile(f"{folder}/{DECLARATION}", render("workflow/workflow.py.in", values)),
        NewFile(f"{folder}/test_{folder_name(name)}.py", render("workflow/test_workflow.py.in", values)),
    )
    return write_new(project.root, [PACKAGES, *files])


def report_workflow(name: str, *, schedule: CronSchedule | None = None) -> Iterator[str]:
    """The report: what was written, what to edit, and the next command."""
    file = f"batches/{folder_name(name)}/{DECLARATION}"
    yield f"workflow {name}: {file}, and a test beside it"
    yield f"edit {file}: its description and owner; Parallel(…) groups what runs side by side, Step(…) says more of one"
    if schedule:
        yield f"due {in_words(schedule)}: name who starts it with scheduler=, here or of the stage in cdk.json"
    yield f"next:\nbatchwright run {name} --local\nmake check test"


def _check_steps(steps: Sequence[str], batches: Sequence[str]) -> None:
    for step in steps:
        if step not in batches:
            near = get_close_matches(step, batches)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Write one of {', '.join(batches) or 'none yet'}"
            raise UsageError(f"--steps names {step!r}, and no batch of the project is called so", hint=hint)
        if steps.count(step) > 1:
            hint = f"Write the second one as Step({step!r}, name='…') in the file"
            raise UsageError(f"--steps names {step!r} twice", hint=hint)
