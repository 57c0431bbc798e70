"""What other programs do around a command: ``flock`` lets one run at a time, ``timeout`` ends it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.workbench.moving.found import Left

ADVICE = "a file of one host locks nothing between tasks: write overlap="
"""What is said of a lock that a declaration does not say by itself."""

_FLOCK = re.compile(
    r"\s*(?:\S*/)?flock"
    r"(?P<flags>(?:\s+(?:-[wE]\s*[0-9.]+|--(?:wait|timeout|conflict-exit-code)[= ][0-9.]+|-[-a-zA-Z]+))*)"
    r"\s+(?P<lock>[^\s-]\S*)\s+(?P<rest>\S.*)",
    re.DOTALL,
)
"""``flock [options] FILE COMMAND`` (flock(1) of util-linux, 2026-11)."""
_SHARED = re.compile(r"\s(-[a-zA-Z]*s[a-zA-Z]*|--shared)(?=\s|$)")
_CODE = re.compile(r"\s(?:-E\s*|--conflict-exit-code[= ])[0-9]+")
_GIVES_UP = re.compile(r"(^|\s)(-[a-zA-Z]*n[a-zA-Z]*|--nb|--nonblock|(-w\s*|--(wait|timeout)[= ])0+)(?=\s|$)")
_SIZES = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock around a command.

    Attributes:
        gives_up: Whether a second run ends at once; else it waits, or runs beside the first.
        rest: The command that is run under it, as it is written.
        left: What a declaration does not say by itself.
    """

    gives_up: bool
    rest: str
    left: tuple[Left, ...] = ()


def read_lock(text: str) -> Lock | None:
    """The lock that a command begins with; ``None`` for none."""
    match = _FLOCK.fullmatch(text)
    if match is None:
        return None
    gives_up = _GIVES_UP.search(match["flags"]) is not None and not _SHARED.search(match["flags"])
    code = _CODE.search(match["flags"])
    left = (
        (Left("flock", code[0].strip(), "a second run ended with this code; a batch's ends with 123"),) if code else ()
    )
    return Lock(
        gives_up,
        match["rest"].strip(),
        left if gives_up else (Left("flock", text[: match.start("rest")].strip(), ADVICE),),
    )


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
