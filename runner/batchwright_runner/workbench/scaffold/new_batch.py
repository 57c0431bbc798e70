"""Adds a batch to a project, and says what is left to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.checks import NAME
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.project.known_names import known_names
from batchwright_runner.workbench.scaffold.batch_files import PACKAGES, Language, batch_files
from batchwright_runner.workbench.scaffold.files import Written, write_new
from batchwright_runner.workbench.scaffold.names import check_batch, check_image, check_owner, folder_name

_ARGUMENTS = frozenset(
    {"container", "environment", "existing", "fargate", "image", "options", "parameters", "schedule", "secrets", "tags"}
    | {"files", "timeout", "overlap", "command"}
)
"""Arguments of a batch that a row may have, which are no batches."""


def add_batch(
    project: Project, name: str, *, image: str, language: Language, owner: str, schedule: CronSchedule | None = None
) -> Written:
    """Writes the folder of a batch.

    Args:
        project: The project.
        name: The batch's name.
        image: The image of another batch; empty for one of its own.
        language: What its source is written in.
        owner: The team to ask when it fails.
        schedule: When it is due; none for no schedule.

    Raises:
        UsageError: The name cannot be used, or its folder exists; nothing was written.
    """
    stages = project.context.get("stages")
    known = declared_names(project)
    check_batch(name, project=str(project.context.get("project", "batches")), stages=stages or (), known=known)
    if image:
        check_image(image)
    check_owner(owner)
    free_folder(project, name)
    due = schedule.expression if schedule else ""
    files = batch_files(name, image=image, language=language, owner=owner, schedule=due)
    return write_new(project.root, [PACKAGES, *files])


def free_folder(project: Project, name: str) -> str:
    """The folder of a new batch or workflow.

    Raises:
        UsageError: It exists.
    """
    folder = f"batches/{folder_name(name)}"
    if (project.root / folder).exists():
        raise UsageError(f"there is a folder {folder} already", hint="Choose another name, or remove the folder")
    return folder


def declared_batches(project: Project) -> dict[str, str]:
    """The batches that a project declares, as far as can be told without a synthesis, and the folder of each."""
    synthesized = {batch: f"batches/{folder_name(batch)}" for batch in known_names(project.root).batches}
    return {**synthesized, **_declared(project.root, batch_file.DECLARATION)}


def declared_names(project: Project) -> dict[str, str]:
    """The same with its workflows, and the file of each: both have one namespace."""
    workflows = _declared(project.root, workflow_file.DECLARATION)
    files = {name: f"{folder}/{workflow_file.DECLARATION}" for name, folder in workflows.items()}
    return {**declared_batches(project), **files}


def read_schedule(text: str, project: Project) -> CronSchedule | None:
    """Reads a crontab's five fields, in the project's time zone; none for an empty text.

    Args:
        text: The fields, or a macro such as ``@daily``.
        project: The project.

    Raises:
        UsageError: They cannot be read, or would never be due.
    """
    if not text:
        return None
    zone = project.context.get("timezone")
    try:
        return CronSchedule.from_cron(text, zone if isinstance(zone, str) and zone else UTC)
    except ScheduleError as error:
        raise UsageError(f"--schedule cannot be read: {error}", hint="Write --schedule '30 2 * * *'") from error


def report(
    added: Written, name: str, *, image: str, schedule: CronSchedule | None = None, built: bool = True
) -> Iterator[str]:
    """What a person is told: what was written, what to edit, and the next commands.

    Args:
        added: The files.
        name: The batch.
        image: The image of another batch; empty for one of its own.
        schedule: When it is due; none for no schedule.
        built: Whether something says where the image is built.
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


def _declared(root: Path, file: str) -> dict[str, str]:
    """What files of this name declare, as their text says, and the folder of each."""
    found = {}
    for path in sorted(root.glob(f"batches/*/{file}")):
        for name in _names(path):
            found[name] = f"batches/{path.parent.name}"
    return found


def _names(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes_batch(node.func):
            for word in node.args[1:2]:
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value
    if any(isinstance(node, ast.FunctionDef) and node.name == "batches" for node in tree.body):
        yield from _rows(tree)


def _makes_batch(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in ("__init__", "FargateBatch")


def _rows(tree: ast.Module) -> Iterator[str]:
    """The keys of tables whose values are rows; without a synthesis, that is as near as one gets to their names."""
    for node in ast.walk(tree):
        for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(value, ast.Dict | ast.Tuple | ast.Call):
                name = key.value
                if isinstance(name, str) and NAME.fullmatch(name) and name not in _ARGUMENTS:
                    yield name
