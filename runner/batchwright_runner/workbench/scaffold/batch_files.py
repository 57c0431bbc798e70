"""The folder of a new batch. Pure."""

import json
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.workbench.scaffold.files import NewFile
from batchwright_runner.workbench.scaffold.names import class_name, folder_name
from batchwright_runner.workbench.scaffold.python import WIDTH
from batchwright_runner.workbench.scaffold.text import literal, render

Language = Literal["python", "ruby", "shell"]
LANGUAGES: tuple[Language, ...] = ("python", "ruby", "shell")
OWNER = "platform-team"

PACKAGES = NewFile("batches/__init__.py", '"""The batches: one package each, which batch.py declares."""\n')


@dataclass(frozen=True, slots=True)
class _Source:
    """How a language's source is run."""

    command: tuple[str, ...]
    main: str
    # The template of ``batch.py``
    declaration: str
    test: str


_SOURCES: dict[Language, _Source] = {
    "python": _Source(("python", "main.py"), "main.py", "python.batch.py.in", "test_run.py.in"),
    "ruby": _Source(("ruby", "main.rb"), "main.rb", "plain.batch.py.in", "test_run_ruby.py.in"),
    "shell": _Source(("sh", "main.sh"), "main.sh", "plain.batch.py.in", "test_run.py.in"),
}
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
    folder, source = folder_name(name), _SOURCES[language]
    shared = [part.format(name=name) for part in _SHARED[language]]
    values = {
        "name": name,
        "folder": folder,
        "class": class_name(name),
        "owner": literal(owner),
        "image": image,
        "command": json.dumps(shared if image else source.command),
        "names": "BatchPlatform, FargateBatch" + (", Schedule" if schedule else ""),
        "schedule": schedule_line(schedule) if schedule else "",
    }
    templates = {"batch.py": "shared.batch.py.in", f"test_{folder}.py": "test_declaration.py.in"}
    if not image:
        templates = {
            "batch.py": source.declaration,
            f"app/{source.main}": f"{source.main}.in",
            "Dockerfile": f"{language}.Dockerfile.in",
            ".dockerignore": "dockerignore.in",
            f"test_{folder}.py": source.test,
            "local.env.example": "local.env.example.in",
        }
    marker = NewFile(f"batches/{folder}/__init__.py", f'"""The batch {name}."""\n')
    paths = {f"batches/{folder}/{path}": f"batch/{template}" for path, template in templates.items()}
    return (marker, *(NewFile(path, render(template, values)) for path, template in paths.items()))


def schedule_line(expression: str) -> str:
    """The line of a declaration that says when it is due."""
    line = f'            schedule=Schedule.cron("{expression}"),'
    return f"{line}  # noqa: E501\n" if len(line) > WIDTH else f"{line}\n"
