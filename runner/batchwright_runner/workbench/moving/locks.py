"""What other programs do around a command: ``flock`` lets one run at a time, ``timeout`` ends it. Pure."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.workbench.moving.found import Left

ADVICE = "a file of one host locks nothing between tasks: write overlap="
"""What is said of a lock that a declaration does not say by itself."""

_SHORT = re.compile(r"-([a-zA-Z]*?)([wE]?)([0-9.]*)")
_LONG = {"--nb": "n", "--nonblock": "n", "--shared": "s", "--wait": "w", "--timeout": "w", "--conflict-exit-code": "E"}
_SIZES = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock around a command.

    Attributes:
        gives_up: Whether a second run ends at once; else it waits, or runs beside the first.
        rest: The words of the command that is run under it.
        left: What a declaration does not say by itself.
    """

    gives_up: bool
    rest: Sequence[str]
    left: tuple[Left, ...] = ()


def read_lock(words: Sequence[str]) -> Lock | None:
    """The lock that a command begins with, ``flock [options] FILE COMMAND`` (flock(1) of util-linux, 2026-11)."""
    if not words or words[0].rpartition("/")[2] != "flock":
        return None
    rest, said = list(words[1:]), dict[str, str]()
    while rest and rest[0].startswith("-"):
        flag, _, value = rest.pop(0).partition("=")
        names, one = "", _LONG.get(flag, flag)
        if short := _SHORT.fullmatch(flag):
            names, one, value = short[1], short[2], short[3]
        said |= dict.fromkeys([*names, one], "")
        if one in ("w", "E"):
            said[one] = value or (rest.pop(0) if rest else "")
    gives_up = "s" not in said and ("n" in said or not said.get("w", "1").strip("0."))
    before = shlex.join(words[: len(words) - len(rest) + 1])
    left = [Left("flock", before, ADVICE)] if not gives_up else []
    if gives_up and "E" in said:
        left.append(Left("flock", f"-E {said['E']}", "a second run ended with this code; a batch's ends with 123"))
    return Lock(gives_up, rest[1:], tuple(left))


def time_limit(words: Sequence[str]) -> int | None:
    """Seconds after which ``timeout`` ends what follows it; ``None`` where it is not among the words.

    Args:
        words: What stands before a command (timeout(1) of coreutils, 2026-11: ``90``, ``30m``, ``1.5h``, ``0``: never).
    """
    after = [index for index, word in enumerate(words) if word.rpartition("/")[2] == "timeout"]
    rest = iter(words[after[-1] + 1 :] if after else ())
    for word in rest:
        if word in ("-k", "-s", "--kill-after", "--signal"):
            next(rest, "")
        elif not word.startswith("-"):
            match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", word)
            return round(float(match[1]) * _SIZES[match[2]]) or None if match else None
    return None
