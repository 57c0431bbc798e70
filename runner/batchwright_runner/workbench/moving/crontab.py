"""Lines of a crontab. Pure.

The format is that of crontab(5) of cronie and of Debian's cron (2026-11): variables, five fields or a macro, in
``/etc/crontab`` and ``/etc/cron.d`` a user, and a command in which ``%`` begins its input.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.contract.schedules.cron import MACROS, ScheduleError
from batchwright_runner.contract.schedules.schedule import from_cron
from batchwright_runner.workbench.moving.hidden import as_message, without_secrets
from batchwright_runner.workbench.moving.jobs import (
    ForeignJob,
    JobStep,
    Reading,
    SourcePlace,
    Todo,
    UnwritableError,
    collect_todos,
    noting,
)
from batchwright_runner.workbench.moving.lines import OF_WRAPPER, read_line, whole
from batchwright_runner.workbench.moving.sources import read_about
from batchwright_runner.workbench.moving.stages import is_usual
from batchwright_runner.workbench.moving.words import program
from batchwright_runner.workbench.scaffold.names import near_name

SCHEDULER = "cron"

_VARIABLE = re.compile(
    r"""\s*(?P<name>[A-Za-z_]\w*|"[^"]+"|'[^']+')\s*=\s*(?P<quote>["']?)(?P<value>.*?)(?P=quote)\s*"""
)
_FIELD = r"[\d*A-Za-z,/~-]+"
_LINE = re.compile(rf"\s*(?P<when>@\w+|(?:{_FIELD}\s+){{4}}{_FIELD})\s+(?P<rest>\S.*)")
_NUMBERS = r"[\d*~][\d*,/~-]*"
_NAMES = rf"(?:{_NUMBERS}|[A-Za-z]{{3}}(?:[,-][A-Za-z]{{3}})*)"
_NO_ABOUT = re.compile(
    rf"(?:{'|'.join(MACROS)}|@reboot)\s+\S|(?:{_NUMBERS}\s+){{3}}{_NAMES}\s+{_NAMES}(?:\s|$)|[|│┃├┌╭└╰]|[.+'][-─]"
    r"|(?i:(?:Begin|End) Whenever generated|(?:m|mi|mm|mins?|minutes?)\b[^A-Za-z]*(?:h|hh|hrs?|hours?)\b)"
)
"""How a comment begins that describes no job: one that is switched off, its five fields alone, the names of columns,
lines that are drawn to these, as in ``/etc/crontab``: ``# |  .------- hour (0 - 23)``. A sentence is none of them."""
_USER = re.compile(r"(?P<user>[a-z_][a-z0-9_-]*[$]?|[A-Z][A-Za-z0-9]*)\s+(?P<rest>\S.*)")
_OF_CRON = frozenset({"SHELL", "PATH", "MAILTO", "MAILFROM", "HOME", "LOGNAME", "CRON_TZ", "RANDOM_DELAY"})
_OF_CRON |= {"CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING", "START_HOURS_RANGE", "BASH_ENV"}
_ADVICE = {
    "MAILTO": "a batch's owner= says whom to ask",
    "RANDOM_DELAY": "cron started it up to so many minutes late; where AWS starts it, its schedule may have window=",
    "HOME": "cron ran the line there: container=Container(working_directory=…), and HOME in environment= if it is read",
    "BASH_ENV": "bash read it first: what it says belongs into the image, or into environment=",
    "user": "the image's own user runs a container, or that of container=Container(user=…)",
}
_NO_PROGRAMS = frozenset({"root", "ubuntu", "ec2-user", "www-data", "nobody"})
_USERS = _NO_PROGRAMS | {"admin", "deploy", "app", "rails"}
_SCRIPT = re.compile(r"[\w.-]+\.(?:sh|py|rb|pl|php|js)$")
_MADE = re.compile(r"[a-z][a-z0-9]*(?:[-_:][a-z0-9]+)+")
_INTERPRETERS = frozenset(
    {"ruby", "python", "python3", "bash", "sh", "php", "perl", "node", "bundle", "exec", "rake", "rails"}
    | {"runner", "env", "nice", "ionice", "time", "bin", "docker", "run", "sudo", "timeout", "cd", "npm"}
)


@dataclass(slots=True)
class _CrontabState:
    """What applies to the lines that follow."""

    user_column: bool | None
    patterns: Sequence[re.Pattern[str]]
    variables: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


def read_crontab(text: str, file: str, patterns: Sequence[re.Pattern[str]] = ()) -> Reading:
    """The jobs of a crontab.

    `file`: its name: one of ``/etc/crontab`` or ``cron.d`` has a column of users.
    """
    state = _CrontabState(_has_users(text, file), patterns)
    jobs: list[ForeignJob] = []
    unwritable: list[UnwritableError] = []
    for number, line in enumerate(text.splitlines(), 1):
        with noting(unwritable):
            jobs += filter(None, [_read(line, SourcePlace(file, number), state)])
    if not jobs and not unwritable:
        problem = "no line is one of a crontab: five fields and a command"
        unwritable.append(UnwritableError(SourcePlace(file, 1), "", problem))
    return Reading(_numbered(jobs), unwritable)


def _read(line: str, place: SourcePlace, state: _CrontabState) -> ForeignJob | None:
    """The job of a line; ``None`` where it has none."""
    comments, state.comments = state.comments, []
    if line.lstrip().startswith("#"):
        comment = line.strip().lstrip("#").strip()
        state.comments = [] if _NO_ABOUT.match(comment) else [*comments, comment]
    elif match := _LINE.fullmatch(line):
        return _job(match["when"], match["rest"], read_about("\n".join(comments)), place, state)
    elif variable := _VARIABLE.fullmatch(line):
        state.variables[variable["name"].strip("\"'")] = variable["value"]
    elif line.strip():
        raise UnwritableError(place, "", f"{line.strip()!r} is not a line of a crontab: five fields and a command")
    return None


def _job(when: str, rest: str, about: Mapping[str, Any], place: SourcePlace, state: _CrontabState) -> ForeignJob:
    user, variables = _USER.fullmatch(rest) if state.user_column else None, state.variables
    command, stdin = _percent((user["rest"] if user else rest).strip())
    command, secrets = without_secrets(command, variables)
    own = {name: value for name, value in variables.items() if name not in _OF_CRON}
    shell, why = program(variables.get("SHELL", "sh")), "what follows % is the command's input"
    fed = f"printf '%s\\n' {shlex.quote(stdin)} | {{\n{command}\n}}"
    step = whole(fed, shell, why) if stdin else read_line(command, state.patterns, shell=shell, host=True)
    settings = variables | ({"user": user["user"]} if user and user["user"] != "root" else {})
    fields = ["MAILTO", "RANDOM_DELAY"] if step.wrapped or step.family else [*_ADVICE]
    advice = "is it a user? Then give the file the header of users, or its name"
    todos = collect_todos(
        (state.user_column is None, "user", rest.split()[0], advice),
        *((step.wrapped, "environment", f"{name}={value}", OF_WRAPPER) for name, value in own.items()),
        *((settings.get(name), name, settings.get(name, ""), _ADVICE[name]) for name in fields),
    )
    if not step.wrapped and not step.family:
        step = replace(step, environment={**own, **step.environment})
    elif not step.wrapped and not step.region:  # the other variables are those of the program that starts the task
        step = replace(step, region=own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION", ""))
    schedule = None
    try:
        schedule = from_cron(when, variables.get("CRON_TZ", ""))
    except ScheduleError as error:  # nothing starts it until a person has found another way to say it
        todos.append(Todo("schedule", when, str(error)))
    name, own_secrets = step.name or _name(command, step), dict.fromkeys(secrets, "the command line")
    job = ForeignJob(place=place, name=name, step=step, scheduler=SCHEDULER, schedule=schedule, **about)
    return replace(job, secrets=own_secrets, hidden=secrets, todos=tuple(todos))


def _percent(text: str) -> tuple[str, str]:
    """A command, and what is behind its first ``%`` that no backslash precedes: its input."""
    read = re.sub(r"\\%|\\.|%", lambda match: {"%": "\0", "\\%": "%"}.get(match[0], match[0]), text)
    command, _, stdin = read.partition("\0")
    return command.strip(), stdin.replace("\0", "\n")


def _name(line: str, step: JobStep) -> str:
    """A name for what a line does: its script's, else the words that say what it does."""
    read = step.family or not any(todo.field == "command" for todo in step.todos)
    bare = re.sub(r"\$\{\w*option[^}]*\}|\$\([^)]*|`[^`]*`|^.*\bcd \S+ *(?:&&|;)|['\"]|\s>.*", " ", as_message(line))
    said = step.command or [step.family] if read else bare.split()
    words = [start[0] for start in (re.match(r"[\w./@+:][\w./@+:-]*", word) for word in said) if start]
    bases = [word.rpartition("/")[2] for word in words]
    scripts = [near_name(base.rpartition(".")[0]) for base in bases if _SCRIPT.fullmatch(base)]
    made = [near_name(word) for word in words if _MADE.fullmatch(word) and word not in _INTERPRETERS]
    own = [near_name(base) for base, word in zip(bases, words, strict=True) if not is_usual(word)]
    telling = "-".join([word for word in own if word and word not in _INTERPRETERS][:2])
    return next((name for name in (*scripts, *made) if name), telling if len(telling) > 1 else "job")


def _numbered(jobs: Sequence[ForeignJob]) -> list[ForeignJob]:
    """Lines have no names: where two would have the same one, the later gets a number."""
    names = [near_name(job.step.name or job.name) for job in jobs]
    before = [names[:at].count(name) for at, name in enumerate(names)]
    repeated = [count and not job.step.name for job, count in zip(jobs, before, strict=True)]
    new = [f"{name}-{count + 1}" for name, count in zip(names, before, strict=True)]
    return [replace(job, name=new[at]) if repeated[at] else job for at, job in enumerate(jobs)]


def _has_users(text: str, file: str) -> bool | None:
    """Whether the sixth column is a user: by the file's name, by its header, or because every line has a usual one.

    ``None`` where only some lines have one.
    """
    header = re.compile(r"^#\s*(?:\S+\s+){5}user(?:-?name)?\s+command\b", re.MULTILINE | re.IGNORECASE)
    matches = [_LINE.fullmatch(line) for line in text.splitlines() if not _VARIABLE.fullmatch(line)]
    words = [match["rest"].split() for match in matches if match]
    usual = words and all(len(line) > 1 and line[0] in _USERS for line in words)
    if usual or header.search(text) or re.search(r"(^|/)etc/(crontab|anacrontab)$|(^|/)cron\.d/", file):
        return True
    return None if any(line[0] in _NO_PROGRAMS for line in words) else False
