"""Commands that ran on a host itself: what of them a container runs, and what ends with it. Pure."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from batchwright_runner.workbench.moving.found import Left, Step
from batchwright_runner.workbench.moving.heads import LOCKS, heads, options, program, texts
from batchwright_runner.workbench.moving.locks import ADVICE, read_lock
from batchwright_runner.workbench.moving.words import SHELLS, simple_commands

_HIDDEN = "\0"
_REDIRECT = re.compile(
    r"\s*(?:&>>?|(?P<descriptor>(?<![^\s;|&()])[0-9]+)?(?:>(?:>|\||&(?![0-9-]))?|(?<!<)<(?!<)>?))"
    r"\s*(?P<target>&[12]|[^\s;|&<>()]+)"
)
_LOGGER = re.compile(r"\s*\|\s*logger\b[^|;&]*")
_LOG = re.compile(r"/dev/null|/dev/std(out|err)|(.*[^a-z])?logs?([^a-z].*)?|.*\.(log|out|err)", re.IGNORECASE)
"""What is no more than where a command's lines went: a batch's own log has them now."""
_DATA = re.compile(
    r".*\.(csv|tsv|jsonl?|ndjson|sql|dump|xml|xlsx?|parquet|pdf|html?|ya?ml|tar|tgz|zip|gz|bz2|xz|zst)", re.IGNORECASE
)
"""What is no log, wherever it lies: ``/var/log/exports/members.csv``."""
_BACKGROUND = re.compile(r"(?<!&)&?\s*\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./ \t\0-]*")
_OF_A_SHELL = frozenset(
    {".", ":", "alias", "cd", "command", "eval", "exec", "export", "nohup", "read", "return", "set", "shift", "source"}
    | {"time", "times", "trap", "type", "ulimit", "umask", "unset", "wait"}
)
"""First words that are no program of an image."""
_CONTAINERS = ("docker", "podman", "docker-compose", "podman-compose", "nerdctl")


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A redirection of a command line, from one index to another."""

    start: int
    end: int
    target: str
    text: str
    descriptor: str

    @property
    def is_log(self) -> bool:
        """Whether it says where a log goes, and no more. A log that is read is data, and a lock may be called one."""
        if self.descriptor not in ("", "0", "1", "2"):
            return False
        if self.target.startswith("&"):
            return True
        target = self.target.strip("\"'")
        is_data = "<" in self.text or _DATA.fullmatch(target)
        return target == "/dev/null" or (not is_data and _LOG.fullmatch(target) is not None)


def host_step(command: str, shell: str) -> Step:
    """What a container runs of a command that ran on a host.

    Args:
        command: The command line.
        shell: The shell that read it.

    Raises:
        WordsError: A quote is not closed.
    """
    commands = simple_commands(command)
    lock = read_lock(command) if len(commands) == 1 else None
    alone = lock is not None and lock.gives_up
    line = _under(lock.rest) if lock and alone else command
    words = _words(_kept(line), shell)
    left = lost(line)
    if (
        words[0].rpartition("/")[2] in SHELLS
        and words[-2:-1]
        and re.fullmatch(r"-[a-z]*c", words[-2])
        and line != words[-1]
    ):
        words = (*words[:-1], _kept(words[-1]))
    return Step(command=words, alone=alone, left=tuple(left))


def _kept(command: str) -> str:
    """A command line without where its log went."""
    for one in reversed(list(_redirects(command))):
        command = command[: one.start] + command[one.end :] if one.is_log else command
    for match in reversed(list(_LOGGER.finditer(_masked(command)))):
        command = command[: match.start()] + command[match.end() :]
    # Nothing waits for what runs in the background, and a container ends with its command.
    return command[: len(_BACKGROUND.sub("", _masked(command)))].strip()


def _words(command: str, shell: str) -> tuple[str, ...]:
    """A command as a container takes it: its words where it is plain, else through the shell."""
    words: Sequence[str] = shlex.split(command)
    shells = re.search(r"[$`\\]", command) or not _PLAIN.fullmatch(_masked(command))
    if shells or not words or words[0] in _OF_A_SHELL or re.match(r"[A-Za-z_]\w*=", words[0]):
        return (shell, "-c", command)
    return tuple(words)


def _under(rest: str) -> str:
    """What ``flock FILE -c 'COMMAND'`` runs, or ``flock FILE COMMAND``."""
    match = re.fullmatch(r"(?:-c|--command)[\s=]+(?P<text>.+)", rest, re.DOTALL)
    words = shlex.split(match["text"]) if match else []
    return words[0] if len(words) == 1 else rest


def lost(command: str) -> list[Left]:
    """What of a command means nothing in a container, or ends with it."""
    left: list[Left] = []
    for one in (each for text in texts(command) for each in _redirects(text)):
        if not one.is_log and not one.target.startswith("&"):
            what = "read it from" if "<" in one.text else "write it to"
            left.append(Left("command", one.text, f"a container's files end with it: {what} a volume, or S3"))
    for words in heads(command):
        name = program(words[0])
        if name in LOCKS or (name == "chpst" and any(re.match("-[lL]", one) for one in options(words))):
            left.append(Left(name, " ".join(words), ADVICE))
        if name in _CONTAINERS:
            left.append(Left("command", " ".join(words), "a batch is a container itself: name its image and command"))
    return list(dict.fromkeys(left))


def _redirects(command: str) -> Iterator[_Redirect]:
    for match in _REDIRECT.finditer(_masked(command)):
        target = command[match.start("target") : match.end("target")]
        text = command[match.start() : match.end()].strip()
        yield _Redirect(match.start(), match.end(), target, text, match["descriptor"] or "")


def _masked(command: str) -> str:
    """A command line, as long as it is, in which all is hidden that is quoted, escaped, or inside a substitution."""
    hidden, quote, depth, escaped = [], "", 0, False
    for index, one in enumerate(command):
        inside = bool(quote or depth or escaped)
        if escaped:
            escaped = False
        elif one == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if one == quote else quote
        elif one in "\"'`":
            quote = one
        elif one == "(" and (depth or command[:index].endswith("$")):
            depth += 1
        elif one == ")" and depth:
            depth -= 1
        hidden.append(_HIDDEN if inside or quote or depth or escaped else one)
    return "".join(hidden)
