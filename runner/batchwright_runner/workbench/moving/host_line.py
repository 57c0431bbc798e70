"""A command line that ran on a host itself: what a container runs of it. Pure.

Only what is certain is taken apart. A simple command, in which a shell would read nothing but words, is its words; any
other line stays whole, for the container's shell, and its declaration has a TODO.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from batchwright_runner.workbench.moving.jobs import JobStep, Todo
from batchwright_runner.workbench.moving.words import SHELLS, program, simple_commands

LOCK_ADVICE = "a file of one host locks nothing between tasks: write overlap="
"""The advice about a lock that no argument expresses."""

_SHORT = re.compile(r"-([a-zA-Z]*?)([wE]?)([0-9.]*)")
_LONG = {"--nb": "n", "--nonblock": "n", "--shared": "s", "--wait": "w", "--timeout": "w", "--conflict-exit-code": "E"}
_SIZES = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SHELL_ADVICE = "a shell reads it, now the container's: check which files, programs and variables of the host it takes"
_DATE = re.compile(r"""\$\([^()]*?\bdate\b[^()]*\)|`[^`]*?\bdate\b[^`]*`|(?:^|[\s;&|])(?:/\S*/)?date\s+[-+'"][^;&|]*""")
_PATH = re.compile(
    r"(?<![\w./:~$}*-])(?:(?:~|\.\.?)/|/(?!(?:dev|proc|bin|sbin|usr/bin|usr/sbin)/))[\w.@+%-][\w./@+%*-]*"
)
"""A path of the host, but for those of its devices and of the system's own programs."""
_BUILTIN = frozenset(
    {".", ":", "alias", "cd", "command", "eval", "exec", "export", "hash", "nohup", "read", "return", "set", "shift"}
    | {"source", "time", "times", "trap", "type", "ulimit", "umask", "unset", "wait", "if", "while", "for", "case"}
)
"""First words that are no program of an image."""
_INTO = re.compile("[12]?>>?&?|&>>?")
_LOG = re.compile(r"&[12]|/dev/null|/dev/std(out|err)|(.*[^a-z])?logs?([^a-z].*)?|.*\.(log|out|err)", re.IGNORECASE)
"""What only receives log lines: a batch has a log of its own."""
_DATA = re.compile(
    r".*\.(csv|tsv|jsonl?|ndjson|sql|dump|xml|xlsx?|parquet|pdf|html?|ya?ml|tar|tgz|zip|gz|bz2|xz|zst)", re.IGNORECASE
)
"""What is no log, wherever it lies: ``/var/log/exports/members.csv``."""
_LOCKS = frozenset({"flock", "lckdo", "lockf", "setlock", "with-lock-ex", "lockrun", "solo", "run-one", "chpst", "sem"})
CONTAINERS = frozenset({"docker", "podman", "docker-compose", "podman-compose", "nerdctl"})
"""Programs that run a container."""
_AS_OTHERS = frozenset({"sudo", "doas", "su", "runuser", "setpriv", "chroot"})
_OF_HOST = frozenset(
    {"apt", "apt-get", "at", "certbot", "crontab", "dnf", "ip", "iptables", "journalctl", "kubectl", "loginctl"}
    | {"logger", "logrotate", "mail", "mailx", "mount", "reboot", "rsync", "run-parts", "scp", "sendmail", "service"}
    | {"sftp", "shutdown", "ssh", "sysctl", "systemctl", "systemd-cat", "systemd-run", "umount", "yum"}
)
_OTHERWISE = (
    (_LOCKS, LOCK_ADVICE),
    (CONTAINERS, "a batch is a container itself: name its image and command"),
    (_OF_HOST, "it acts on the host, or by what is set up there: what does it in AWS?"),
    (_AS_OTHERS, "a container has its own user: container=Container(user=…), and the command without this"),
)
"""Programs that do something else in a container, and what to do instead."""
_LOCALHOST = re.compile(r"(?:[a-z+]+://)?(?:localhost|127\.0\.0\.1)(?:[:/]|$)")
_BEFORE_OTHERS = frozenset(
    {"env", "nice", "ionice", "setsid", "stdbuf", "chronic", "timeout", "taskset", "chrt", "xargs"}
)
"""Programs that start another one, which is one of their words."""


def host_step(line: str, shell: str) -> JobStep:
    """What a container runs of a line that ran on a host."""
    words, alone = simple_words(line) if shell in SHELLS else (), ""
    todos: tuple[Todo, ...] = ()
    lock = read_lock(words)
    if lock is not None and lock.gives_up:
        of_shell = len(lock.rest) == 2 and lock.rest[0] in ("-c", "--command")
        inner = (simple_words(lock.rest[1]) or (shell, "-c", lock.rest[1])) if of_shell else _simple(lock.rest)
        words, todos, alone = (inner, lock.todos, lock.file) if inner else (words, todos, alone)
    words = words or (shell, "-c", line.strip())
    return JobStep(command=words, alone=alone, todos=(*todos, *_open_questions(words, shell)))


def simple_words(line: str) -> tuple[str, ...]:
    """The words of a simple command, whose output goes to logs; none where a shell may read more in the line."""
    commands = simple_commands(line)
    if len(commands) != 1 or not commands[0].certain:
        return ()
    logged = (
        _INTO.fullmatch(into) and (into.endswith("&") or is_log(target)) for into, target in commands[0].redirected
    )
    return _simple(commands[0].words) if all(logged) else ()


def _simple(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(words) if words and words[0] not in _BUILTIN and "=" not in words[0] else ()


def is_log(target: str) -> bool:
    """Whether a file only receives log lines."""
    return _LOG.fullmatch(target) is not None and not _DATA.fullmatch(target)


def computes_date(words: Sequence[str]) -> bool:
    """Whether a command computes a date, which is another one in another time zone."""
    return any(_DATE.search(word) for word in words)


def _open_questions(words: Sequence[str], shell: str) -> tuple[Todo, ...]:
    """What a person has to check about a command."""
    text = " ".join(words)
    advice = "the host's clock and zone made it; the image needs this program, and TZ"
    dates = [Todo("date", date.strip(), advice) for date in _DATE.findall(text)]
    meant = "it is the host's: what is it in the image, or in a volume?"
    paths = [Todo("path", path, meant) for path in dict.fromkeys(_PATH.findall(text)) if not is_log(path)]
    return (*_read_otherwise(words, shell), *dates, *paths)


def _read_otherwise(words: Sequence[str], shell: str) -> tuple[Todo, ...]:
    """What works differently in a container: lines for a shell, locks, containers."""
    if program(words[0]) in (*SHELLS, shell):
        lines = [line for option, line in pairwise(words) if re.fullmatch("-[a-z]*c", option)]
        return tuple(Todo("command", line, SHELL_ADVICE) for line in lines)
    others = words if program(words[0]) in _BEFORE_OTHERS | _AS_OTHERS else words[:1]
    for names, advice in _OTHERWISE:
        for start, name in enumerate(map(program, others)):
            if name in names:
                return (Todo("command" if name in CONTAINERS else name, shlex.join(words[start:]), advice),)
    own = "in a container it is the container itself"
    return tuple(Todo("command", word, own) for word in words if _LOCALHOST.match(word))


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock around a command."""

    # Whether a second run ends at once; else it waits, or runs beside the first
    gives_up: bool
    file: str
    # The words of the command that is run under it
    rest: Sequence[str]
    todos: tuple[Todo, ...] = ()


def read_lock(words: Sequence[str]) -> Lock | None:
    """The lock that a command begins with, ``flock [options] FILE COMMAND`` (flock(1) of util-linux, 2026-11)."""
    if not words or program(words[0]) != "flock":
        return None
    rest, options = list(words[1:]), dict[str, str]()
    while rest and rest[0].startswith("-"):
        flag, _, value = rest.pop(0).partition("=")
        names, last = "", _LONG.get(flag, flag)
        if short := _SHORT.fullmatch(flag):
            names, last, value = short[1], short[2], short[3]
        options |= dict.fromkeys([*names, last], "")
        if last in ("w", "E"):
            options[last] = value or (rest.pop(0) if rest else "")
    gives_up = "s" not in options and ("n" in options or not options.get("w", "1").strip("0."))
    before = shlex.join(words[: len(words) - len(rest) + 1])
    todos = [Todo("flock", before, LOCK_ADVICE)] if not gives_up else []
    if gives_up and "E" in options:
        todos.append(Todo("flock", f"-E {options['E']}", "a second run ended with this code; a batch's ends with 123"))
    return Lock(gives_up, "".join(rest[:1]), rest[1:], tuple(todos))


def time_limit(words: Sequence[str]) -> int | None:
    """Seconds after which ``timeout`` ends what follows it; ``None`` where it is not among the words.

    `words`: what stands before a command (timeout(1) of coreutils, 2026-11: ``90``, ``30m``, ``1.5h``, ``0``: never).
    """
    after = [index for index, word in enumerate(words) if program(word) == "timeout"]
    rest = iter(words[after[-1] + 1 :] if after else ())
    for word in rest:
        if word in ("-k", "-s", "--kill-after", "--signal"):
            next(rest, "")
        elif not word.startswith("-"):
            match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", word)
            return round(float(match[1]) * _SIZES[match[2]]) or None if match else None
    return None
