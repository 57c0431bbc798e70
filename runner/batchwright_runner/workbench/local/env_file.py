"""Files of KEY=VALUE lines, and whether git ignores them."""

import re
from pathlib import Path

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.project.git import git_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_env_file(path: Path, shown: str) -> dict[str, str]:
    """Reads a file of KEY=VALUE lines; nothing where there is no such file.

    Blank lines and lines that begin with ``#`` are skipped. One pair of quotes around a value is taken off; nothing
    else in a value has a meaning.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunnerError(f"{shown} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RunnerError(f"{shown} cannot be read: it is not UTF-8", hint="Save it as UTF-8") from error
    values: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            name, value = _entry(entry, f"{shown}, line {number}")
            values[name] = value
    return values


def before_writing(path: Path) -> str:
    """What a person must do before secrets are written into a file, so that git does not get them.

    Returns the rest of a sentence that says to write into the file.
    """
    try:
        git = git_of(path.parent)
    except RunnerError:
        return f"; first make sure that git ignores it: .gitignore needs a line {path.name}"
    if git is None:
        return ""
    if git.has(path):
        return f"; first take it out of git (git rm --cached), and add a line {path.name} to .gitignore"
    if git.ignores(path):
        return ", which git ignores"
    return f"; first add a line {path.name} to .gitignore, since git does not ignore it yet"


def _entry(entry: str, place: str) -> tuple[str, str]:
    name, sign, value = entry.partition("=")
    name, value = name.strip(), value.strip()
    if not sign or not _NAME.fullmatch(name):
        # The line itself is not shown: it may hold a secret.
        raise RunnerError(
            f"{place} cannot be read: it is not KEY=VALUE", hint="Begin a comment with #, and leave out export"
        )
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0]:
            raise RunnerError(f"{place} cannot be read: the quote around the value of {name} is not closed")
        value = value[1:-1]
    if "\0" in value:
        raise RunnerError(f"{place} cannot be read: the value of {name} holds a NUL, which no variable can hold")
    return name, value
