"""Files of KEY=VALUE lines."""

import re
from pathlib import Path

from batchwright_runner.errors import RunnerError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_env_file(path: Path, shown: str) -> dict[str, str]:
    """Reads a file of KEY=VALUE lines; nothing where there is no such file.

    Blank lines and lines that begin with ``#`` are skipped. One pair of quotes around a value is taken off; nothing
    else in a value has a meaning.

    Args:
        path: The file.
        shown: The file's name in messages.

    Raises:
        RunnerError: A line has another form; the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise RunnerError(f"{shown} cannot be read: {error}") from error
    values: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            name, value = _entry(entry, f"{shown}, line {number}")
            values[name] = value
    return values


def _entry(entry: str, where: str) -> tuple[str, str]:
    name, sign, value = entry.partition("=")
    name, value = name.strip(), value.strip()
    if not sign or not _NAME.fullmatch(name):
        # The line itself is not shown: it may hold a secret.
        raise RunnerError(f"{where} cannot be read: it is no KEY=VALUE", hint="Begin a comment with #")
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0]:
            raise RunnerError(f"{where} cannot be read: the quote around the value of {name} is not closed")
        value = value[1:-1]
    return name, value
