"""What a command line does: exactly one start of a task, or one command of the host; else it stays whole. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.jobs import JobStep, Todo
from batchwright_runner.workbench.moving.starters import family_of, read_starter
from batchwright_runner.workbench.moving.words import (
    SHELLS,
    UNQUOTED,
    WordsError,
    options_in,
    plain_words,
    program,
    shell_line,
    variable_of,
)

GROUPS = ("family", "name", "command", "stage")
"""The groups that a pattern of a wrapper may have."""

_JOINED = re.compile(r"('[^']*')|\\\r?\n")
_PROLOGUE = re.compile(r"\s*(?:#.*|set -[eux]+(?: -?o pipefail)?)?\s*")
_CD = re.compile(r"cd[ \t]+(?P<directory>[\w./@:+-]+|'[^']+')[ \t]*&&[ \t]*")
_INTO = re.compile(r"(?<![ \t])[ \t]+(?:[12]>&[12]|(?:[12]|&)?>>?[ \t]*(?P<file>[\w./@:+-]+))\Z")
_LOG = re.compile(r"/dev/null|/dev/std(out|err)|(.*[^a-z])?logs?([^a-z].*)?|.*\.(log|out|err)", re.IGNORECASE)
"""What only receives log lines: a batch has a log of its own."""
_DATA = re.compile(
    r".*\.(csv|tsv|jsonl?|ndjson|sql|dump|xml|xlsx?|parquet|pdf|html?|ya?ml|tar|tgz|zip|gz|bz2|xz|zst)", re.IGNORECASE
)
"""What is no log, wherever it lies: ``/var/log/exports/members.csv``."""
_BEHIND = re.compile(r"(?<![&>|])&(?![&>\d])")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_FOLDER = re.compile(r"(?:[\w.-]*/)+\Z")
_BUILTIN = frozenset(
    {".", ":", "[", "alias", "cd", "command", "echo", "eval", "exec", "exit", "export", "false", "for", "hash"}
    | {"if", "read", "return", "set", "shift", "source", "test", "time", "trap", "true", "ulimit", "umask"}
    | {"unset", "until", "wait", "while"}
)
_OF_HOST = frozenset(
    {"apt", "apt-get", "at", "certbot", "chroot", "crontab", "docker", "docker-compose", "flock", "ip"}
    | {"iptables", "journalctl", "kubectl", "logger", "logrotate", "mail", "mailx", "mount", "podman", "reboot"}
    | {"rsync", "run-one", "run-parts", "scp", "sem", "sendmail", "service", "setlock", "sftp", "shutdown"}
    | {"solo", "ssh", "su", "sudo", "sysctl", "systemctl", "systemd-cat", "systemd-run", "umount", "with-lock-ex"}
    | {"yum", "dnf", "lckdo", "lockrun", "chpst", "doas", "runuser", "loginctl"}
).union(SHELLS)
"""Programs that act on a host, or read a line of their own."""
_BEFORE_OTHERS = frozenset(
    {"chronic", "chrt", "env", "ionice", "nice", "nohup", "setsid", "stdbuf", "taskset", "timeout", "xargs"}
)
"""Programs that start another one, which is one of their words."""
_LOCALHOST = re.compile(r"(?:[a-z+]+://)?(?:localhost|127\.0\.0\.1)(?:[:/]|$)")
_PATH = re.compile(r"(?<![\w./:~$}*-])(?:\.\.?/|/(?!(?:dev|proc|bin|sbin|usr/bin|usr/sbin)/))[\w.@+%-][\w./@+%-]*")
"""A path of the host, but for those of its devices and of the system's own programs."""
OF_WRAPPER = "the wrapper got this variable: does the container?"
_WHOLE = "it is more than one command that is known: the container's shell has the whole line. What does it in AWS?"
_HOST = "it acts on the host, or by what is set up there: what does it in AWS?"


def check_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of a team's own wrapper, checked."""
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise UsageError(f"--step {pattern!r} is not a regular expression: {error}", hint="Correct it") from error
    groups = set(compiled.groupindex)
    if groups - set(GROUPS):
        wrong = ", ".join(sorted(groups - set(GROUPS)))
        raise UsageError(f"--step {pattern!r} has the group {wrong}", hint=f"Allowed: {', '.join(GROUPS)}")
    if not groups & {"family", "name"}:
        hint = "Name a group: (?P<family>…), or (?P<name>…)"
        raise UsageError(f"--step {pattern!r} does not say what is run", hint=hint)
    return compiled


def read_line(text: str, patterns: Sequence[re.Pattern[str]] = (), *, shell: str = "sh", host: bool = False) -> JobStep:
    """What a line or a script does: one start of a task, with ``cd DIR &&`` before it and a log behind; else the line.

    `host`: a simple command that starts no task is one of the host's.
    """
    line = _only_line(text)
    core, directory = _core(line)
    words, login = plain_words(core), ""
    if words and (inner := shell_line(words)):
        login = "a login shell's profile set its variables" if "l" in "".join(words[1:-1]) else ""
        core, further = _core(inner)
        words, directory = plain_words(core), further or directory
    try:
        step = _of_words(words, core, patterns, host=host) if words and shell in SHELLS else None
    except WordsError as error:
        return whole(line, shell, str(error))
    return whole(line, shell) if step is None else replace(step, directory=directory, note=login)


def whole(line: str, shell: str = "sh", why: str = _WHOLE) -> JobStep:
    """A line as it is, for a shell; nothing starts it until its TODO is done."""
    kept = f"{line}\ncode=$?; wait; exit $code" if _BEHIND.search(line) else line  # a container ends with its command
    return JobStep(command=(shell, "-c", kept), todos=(Todo("command", line, why),))


def _only_line(text: str) -> str:
    """A script without its first lines that do nothing, if one line is left; a line as it is."""
    lines = _JOINED.sub(lambda match: match[1] or " ", text).strip().splitlines()
    while len(lines) > 1 and _PROLOGUE.fullmatch(lines[0]):
        del lines[0]
    return lines[0].strip() if len(lines) == 1 else text.strip()


def _core(line: str) -> tuple[str, str]:
    """A line without ``cd DIR &&`` before it and a log behind it; and the folder."""
    directory = _CD.match(line)
    core = line[directory.end() :] if directory else line
    while (into := _INTO.search(core)) and (into["file"] is None or is_log(into["file"])):
        core = core[: into.start()]
    return core, directory["directory"].strip("'") if directory else ""


def is_log(target: str) -> bool:
    """Whether a file only receives log lines."""
    return _LOG.fullmatch(target) is not None and not _DATA.fullmatch(target)


def _of_words(words: Sequence[str], core: str, patterns: Sequence[re.Pattern[str]], *, host: bool) -> JobStep | None:
    for pattern in patterns:
        if match := pattern.search(core):
            return _of_wrapper(match, core)
    assigned = list(takewhile(_ASSIGNED.fullmatch, words))
    step = read_starter(words[len(assigned) :])
    if step is None:
        return _of_host(assigned, words[len(assigned) :]) if host else None
    variables = dict(word.split("=", 1) for word in assigned)
    region = step.region or variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION", "")
    advice = "the program that started the task got it: does the task?"
    others = [Todo("environment", word, advice) for word in assigned if not word.startswith("AWS_")]
    advice = "a value of the run: the program finds it in a variable of its own, and this one is not filled in"
    filled = [Todo(f"environment.{name}", v, advice) for name, v in step.environment.items() if options_in([v])]
    return replace(step, region=region, todos=(*step.todos, *others, *filled))


def _of_host(assigned: Sequence[str], words: Sequence[str]) -> JobStep | None:
    """A command that ran on the host itself; ``None`` where a container does something else."""
    if not words or words[0] in _BUILTIN:
        return None
    started = words if program(words[0]) in _BEFORE_OTHERS else words[:1]
    if any(program(word) in _OF_HOST for word in started) or any(map(_LOCALHOST.match, words)):
        raise WordsError(_HOST)
    advice = "it is the host's: what is it in the image, or in a volume?"
    variables = dict(word.split("=", 1) for word in assigned)
    own = {name: value for name, value in variables.items() if options_in([value]) != [name]}
    if options_in([*own.values()]):
        return None
    paths = dict.fromkeys(path for word in words[1:] for path in _PATH.findall(word) if not is_log(path))
    return JobStep(
        command=tuple(words),
        environment=own,
        todos=tuple(Todo("path", path, advice) for path in paths),
    )


def _of_wrapper(match: re.Match[str], core: str) -> JobStep:
    """What a call of a wrapper starts, which is all that its line does."""
    groups = {name: (value or "").strip("\"'" * (name != "command")) for name, value in match.groupdict().items()}
    before = plain_words(_FOLDER.sub("", core[: match.start()]))
    if before is None or not all(map(_ASSIGNED.fullmatch, before)) or core[match.end() :].strip():
        raise WordsError("the line has more than what --step matches")
    words = plain_words(groups.get("command", ""))
    if words is None:
        raise WordsError("what --step calls the command cannot be read as words")
    todos = [Todo("environment", word, OF_WRAPPER) for word in before if word[:4] != "AWS_"]
    if len(words) == 1 and re.search(r"\s", words[0]):  # a wrapper splits it
        several = plain_words(words[0])
        advice = "a shell reads it: does the wrapper give it to one?"
        todos += [Todo("command", words[0], advice)] if several is None else []
        words = ["sh", "-c", words[0]] if several is None else several
    elif words and (_ASSIGNED.fullmatch(words[0]) or re.search(r"\s", words[0])):
        todos.append(Todo("command", words[0], "no program is called so: a shell of the wrapper's read it"))
    return JobStep(
        family=family_of(groups.get("family", "") or groups.get("name", "")),
        name=groups.get("name", ""),
        stage=groups.get("stage", ""),
        command=tuple(words) or None,
        wrapped=True,
        todos=tuple(todos),
    )


def splits(words: Sequence[str], option: str) -> bool:
    """Whether a value of an option was several words where it holds blanks."""
    return any(UNQUOTED in word and option in map(variable_of, options_in([word])) for word in words)
