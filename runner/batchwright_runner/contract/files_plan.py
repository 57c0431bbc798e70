"""Config files that are rendered before a batch starts: what the library writes down, and how it is rendered.

Part of the contract between the two halves, and so standard library only: the library checks a template with the code
that will render it. Pure.

The templates are those of Python's ``string.Template``, in its braced form alone: ``${NAME}`` becomes the variable's
value as it is, ``$$`` becomes ``$``, and any other ``$`` is a mistake. YAML, INI, JSON, XML, properties and ERB have no
other use for ``$``, so that most legacy files need no change but the names put in.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.json_text import parsed

VERB = "render-files"
"""The runner's verb that it runs."""

VARIABLE = "BATCHWRIGHT_FILES"
"""The environment variable that carries the plan to it."""

ROOT = "/rendered"
"""Where it mounts the volumes, each in a folder of its name: a batch's own paths could hide Python from it."""

IMAGE = "batchwright"
"""The name of the runner's image in a project's registry."""

_DOLLAR = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})?")


class FilesError(ValueError):
    """A template is wrong, or cannot be rendered. The message never holds a value."""


@dataclass(frozen=True, slots=True)
class FileTemplate:
    """A file to render."""

    path: str
    volume: str
    inside: str
    text: str

    @property
    def folder(self) -> str:
        """Where the main container mounts the volume."""
        return self.path.removesuffix(f"/{self.inside}")


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file to write."""

    path: str
    volume: str
    inside: str
    content: bytes
    mode: int
    owner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class FilesPlan:
    """All files of a batch."""

    files: tuple[FileTemplate, ...]
    # Numbers of the user and group that the main container runs as; none where only its image knows them
    owner: tuple[int, int] | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that the templates name, sorted."""
        return tuple(sorted({name for file in self.files for name in variables_of(file.text)}))

    @property
    def folders(self) -> dict[str, str]:
        """Volume to the folder where the main container mounts it."""
        return {file.volume: file.folder for file in self.files}

    def to_json(self) -> str:
        """The plan as ASCII JSON without any ``$``: CloudFormation's checks take ``${NAME}`` for a reference."""
        files = [[file.path, file.volume, file.inside, file.text] for file in self.files]
        text = json.dumps({"files": files, "owner": self.owner}, ensure_ascii=True, separators=(",", ":"))
        return text.replace("$", r"\u0024")

    @classmethod
    def from_json(cls, text: str) -> "FilesPlan":
        """Reads what `to_json` wrote."""
        try:
            data: Any = parsed(text)
            owner = data["owner"]
            return cls(
                tuple(FileTemplate(*(str(part) for part in file)) for file in data["files"]),
                None if owner is None else (int(owner[0]), int(owner[1])),
            )
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise FilesError(f"{VARIABLE} cannot be read: {type(error).__name__}: {error}") from error

    def render(self, environment: Mapping[str, str]) -> list[RenderedFile]:
        """Renders all files; nothing is written.

        A file that only the main container's user needs is readable for that user alone. Where only the image knows
        the user, it is readable for every user of the main container, which is the one that mounts the volume.
        """
        missing = [
            f"{file.path} cannot be rendered: {name} has no value"
            for file in self.files
            for name in sorted(set(variables_of(file.text)) - environment.keys())
        ]
        if missing:
            raise FilesError("; ".join(missing))
        mode = 0o444 if self.owner is None else 0o400
        return [
            RenderedFile(
                file.path, file.volume, file.inside, _render(file.text, environment), mode, self.owner or (0, 0)
            )
            for file in self.files
        ]


def variables_of(text: str) -> list[str]:
    """The variables that a template names, in order, each as often as it does."""
    return [match["name"] for match in _dollars(text) if match["name"]]


def _render(text: str, environment: Mapping[str, str]) -> bytes:
    return _DOLLAR.sub(lambda match: environment[match["name"]] if match["name"] else "$", text).encode()


def _dollars(text: str) -> Iterator[re.Match[str]]:
    for match in _DOLLAR.finditer(text):
        if match[0] == "$":
            line = text.count("\n", 0, match.start()) + 1
            near = text[match.start() :].partition("\n")[0][:20]
            raise FilesError(f"line {line}: {near!r} is not ${{NAME}}; write $$ for a dollar sign")
        yield match
