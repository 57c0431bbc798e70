"""Variables that a container gets beside its configuration, which whoever may inspect it could read.

The relay's program lies in a volume of such a container and is its entry point. It takes the command and the variables
from stdin, once, and becomes the command (``relay.c``). Nothing of them is on a command line, in a file, or kept by the
engine.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.pause import image_of

FOLDER = "/.batchwright"
PROGRAM = f"{FOLDER}/relay"
VOLUME = "batchwright.handed"
"""The volume in the task: no batch's has a dot in its name."""
BIND_OPTIONS = "nocopy,ro"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where engines look where an image does not say."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a container is handed when it starts.

    Attributes:
        words: Its command.
        variables: Its variables beside those of its configuration.
        programs: Where its program may be; empty where nobody looks before it starts.
    """

    words: tuple[str, ...]
    variables: Mapping[str, str] = field(repr=False)
    programs: tuple[str, ...] = ()

    def frame(self, words: Sequence[str] = ()) -> bytes:
        """What the program reads.

        Args:
            words: Another command, of the same variables, such as a health check's.
        """
        said = list(words or self.words)
        texts = [*said, *(f"{name}={value}" for name, value in self.variables.items())]
        counts = len(said).to_bytes(2, "big") + len(self.variables).to_bytes(2, "big")
        content = counts + b"".join(text.encode("utf-8", "surrogateescape") + b"\0" for text in texts)
        return b"X" + len(content).to_bytes(4, "big") + content


def handing(body: Mapping[str, Any], image: ImageFacts, variables: Mapping[str, str]) -> tuple[dict[str, Any], Handed]:
    """A container's body without these variables, and what it is handed instead. Pure.

    Args:
        body: The body of ContainerCreate, with all else.
        image: The container's image.
        variables: What is handed.
    """
    entry = [str(one) for one in body.get("Entrypoint") or ()]
    command = [str(one) for one in body.get("Cmd") or ()]
    # An entry point of one's own makes engines forget the image's command.
    words = tuple(entry + command if entry else [*image.entry_point, *(command or image.command)])
    known = dict(one.partition("=")[::2] for one in (*image.environment, *(body.get("Env") or ())))
    folder = str(body.get("WorkingDir") or image.working_directory or "/")
    path = variables.get("PATH", known.get("PATH") or PATH)
    changed = {
        **body,
        "Env": [one for one in body.get("Env") or () if one.partition("=")[0] not in variables],
        "Entrypoint": [PROGRAM, "exec"],
        "Cmd": [],
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
    }
    return changed, Handed(words, variables, candidates(words[0], path, folder) if words else ())


def candidates(program: str, path: str, folder: str) -> tuple[str, ...]:
    """Where a program may be. Pure.

    Args:
        program: The first word of a command.
        path: PATH.
        folder: The working directory.
    """
    if "/" in program:
        return (posixpath.normpath(posixpath.join(folder, program)),)
    return tuple(dict.fromkeys(posixpath.join(folder, one, program) for one in path.split(":")))


def program_archive(program: bytes) -> bytes:
    """What is in the volume: the program, for everyone to run, as a tar file. Pure."""
    return image_of(program, posixpath.basename(PROGRAM))
