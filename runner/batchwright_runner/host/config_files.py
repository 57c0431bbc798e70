"""A batch's config files inside its task: rendered, and written into the volumes that its main container mounts."""

import os
from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract.files_plan import VARIABLE, FilesError, FilesPlan, RenderedFile
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.terminal.console import Tell


def render_into(root: Path, environment: Mapping[str, str], tell: Tell) -> None:
    """Renders all files of the plan in ``environment``, and writes them if all could be rendered."""
    if VARIABLE not in environment:
        raise RunnerError(
            f"there is nothing to render: {VARIABLE} is not set", hint="Declare files= in the batch's batch.py"
        )
    try:
        files = FilesPlan.from_json(environment[VARIABLE]).render(environment)
    except FilesError as error:
        raise RunnerError(str(error)) from error
    for file in files:
        try:
            write(root / file.volume, file)
        except OSError as error:
            raise RunnerError(f"{file.path} cannot be written: {error.strerror}") from error
        tell.note(f"wrote {file.path}")


def write(folder: Path, file: RenderedFile) -> None:
    """Writes one file into a folder that stands for its volume. Nobody else can read it before it is the owner's."""
    target = folder / file.inside
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.content)
        os.fchown(descriptor, *file.owner)
        os.fchmod(descriptor, file.mode)
