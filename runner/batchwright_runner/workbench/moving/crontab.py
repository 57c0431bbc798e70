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
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.workbench.moving.about import read_about
from batchwright_runner.workbench.moving.hidden import as_message, without_secrets
from batchwright_runner.workbench.moving.jobs import ForeignJob, JobStep, Reading, SourcePlace, Todo, UnwritableError
from batchwright_runner.workbench.moving.lines import OF_WRAPPER, read_line, whole
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
_MACRO = rf"(?:{'|'.join(MACROS)}|@reboot)\s+\S"
_SWITCHED_OFF = re.compile(rf"(?:{_MACRO}|(?:{_NUMBERS}\s+){{3}}{_NAMES}\s+{_NAMES}(?:\s|$)).*")
"""A job in a comment, or its five fields alone; five words of a sentence are none. None of these describes a job."""
_COLUMNS = re.compile(
    r"(?:(?:Begin|End) Whenever generated|(?:m|mi|mm|mins?|minutes?)\b[^A-Za-z]*(?:h|hh|hrs?|hours?)\b).*",
    re.IGNORECASE,
)
_DRAWN = re.compile(r"(?:[|│┃├┌╭└╰]|[.+'][-─]).*")
"""Lines that are drawn from the columns to their names, as in ``/etc/crontab``: ``# |  .------- hour (0 - 23)``."""
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
        place = SourcePlace(file, number)
        try:
            job = _read(line, place, state)
            jobs += [job] if job else []
        except UnwritableError as error:
            unwritable.append(error)
    if not jobs and not unwritable:
        problem = "no line is one of a crontab: five fields and a command"
        unwritable.append(UnwritableError(SourcePlace(file, 1), "", problem))
    return Reading(_numbered(jobs), unwritable)


def _read(line: str, place: SourcePlace, state: _CrontabState) -> ForeignJob | None:
    """The job of a line; ``None`` where it has none."""
    comments, state.comments = state.comments, []
    if line.lstrip().startswith("#"):
        comment = line.strip().lstrip("#").strip()
        if not any(pattern.fullmatch(comment) for pattern in (_SWITCHED_OFF, _COLUMNS, _DRAWN)):
            state.comments = [*comments, comment]
        return None
    variable = _VARIABLE.fullmatch(line)
    match = _LINE.fullmatch(line)
    if match:
        return _job(match["when"], match["rest"], read_about("\n".join(comments)), place, state)
    if variable:
        state.variables[variable["name"].strip("\"'")] = variable["value"]
    elif line.strip():
        raise UnwritableError(place, "", f"{line.strip()!r} is not a line of a crontab: five fields and a command")
    return None


def _job(when: str, rest: str, about: Mapping[str, Any], place: SourcePlace, state: _CrontabState) -> ForeignJob:
    user = _USER.fullmatch(rest) if state.user_column else None
    command, stdin = _percent((user["rest"] if user else rest).strip())
    command, secrets = without_secrets(command, state.variables)
    variables = state.variables
    own = {name: value for name, value in variables.items() if name not in _OF_CRON}
    shell = program(variables.get("SHELL", "sh"))
    todos, fields = [], ["MAILTO", "RANDOM_DELAY"]
    if state.user_column is None:
        todos.append(Todo("user", rest.split()[0], "is it a user? Then give the file the header of users, or its name"))
    if stdin:
        step = whole(
            f"printf '%s\\n' {shlex.quote(stdin)} | {{\n{command}\n}}", shell, "what follows % is the command's input"
        )
    else:
        step = read_line(command, state.patterns, shell=shell, host=True)
    if step.wrapped:
        todos += [Todo("environment", f"{name}={value}", OF_WRAPPER) for name, value in own.items()]
    elif not step.family:
        step = replace(step, environment={**own, **step.environment})
        fields = list(_ADVICE)
    elif not step.region:  # the other variables are those of the program that starts the task
        step = replace(step, region=own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION", ""))
    settings = {**variables, **({"user": user["user"]} if user and user["user"] != "root" else {})}
    todos += [Todo(name, settings[name], _ADVICE[name]) for name in fields if settings.get(name)]
    return ForeignJob(
        place=place,
        name=step.name or _name(command, step),
        step=step,
        scheduler=SCHEDULER,
        **about,
        schedule=_schedule(when, place, state.variables),
        secrets=dict.fromkeys(secrets, "the command line"),
        hidden=secrets,
        todos=tuple(todos),
    )


def _schedule(when: str, place: SourcePlace, variables: Mapping[str, str]) -> CronSchedule:
    if when.startswith("@") and when.lower() not in MACROS:
        problem = f"{when} is never due by the clock" if when.lower() == "@reboot" else f"{when} is not known"
        raise UnwritableError(place, "schedule", problem, hint=f"Allowed: {', '.join(MACROS)}, or five fields")
    if "~" in when:
        raise UnwritableError(place, "schedule", f"{when!r} is due at random; allowed: fixed times")
    zone = variables.get("CRON_TZ", "")
    try:
        return from_cron(when, zone)
    except ScheduleError as error:
        raise UnwritableError(place, "schedule", f"{when!r}: {error}") from error


def _percent(text: str) -> tuple[str, str]:
    """A command, and what is behind its first ``%`` that no backslash precedes: its input."""
    read = re.sub(r"\\%|\\.|%", lambda match: {"%": "\0", "\\%": "%"}.get(match[0], match[0]), text)
    command, _, stdin = read.partition("\0")
    return command.strip(), stdin.replace("\0", "\n")


def _name(line: str, step: JobStep) -> str:
    """A name for what a line does: its script's, else the words that say what it does."""
    read = step.family or not any(todo.field == "command" for todo in step.todos)
    bare = re.sub(r"\$\{\w*option[^}]*\}|\$\([^)]*|`[^`]*`|^.*\bcd \S+ *(?:&&|;)|['\"]|\s>.*", " ", as_message(line))
    starts = (
        re.match(r"[\w./@+:][\w./@+:-]*", word) for word in (step.command or [step.family] if read else bare.split())
    )
    words = [start[0] for start in starts if start]
    for word in words:
        base = word.rpartition("/")[2]
        if _SCRIPT.fullmatch(base) and (name := near_name(base.rpartition(".")[0])):
            return name
    for word in words:
        if _MADE.fullmatch(word) and word not in _INTERPRETERS:
            return near_name(word)
    own = [near_name(word.rpartition("/")[2]) for word in words if not is_usual(word)]
    telling = [word for word in own if word and word not in _INTERPRETERS]
    return name if len(name := "-".join(telling[:2])) > 1 else "job"


def _numbered(jobs: Sequence[ForeignJob]) -> list[ForeignJob]:
    """Lines have no names: where two would have the same one, the later gets a number."""
    counts: dict[str, int] = {}
    numbered = []
    for job in jobs:
        name = near_name(job.step.name or job.name)
        counts[name] = counts.get(name, 0) + 1
        repeated = counts[name] > 1 and not job.step.name
        numbered.append(replace(job, name=f"{name}-{counts[name]}") if repeated else job)
    return numbered


def _has_users(text: str, file: str) -> bool | None:
    """Whether the sixth column is a user: by the file's name, by its header, or because every line has a usual one.

    ``None`` where only some lines have one.
    """
    if re.search(r"(^|/)etc/(crontab|anacrontab)$|(^|/)cron\.d/", file):
        return True
    if re.search(r"^#\s*(?:\S+\s+){5}user(?:-?name)?\s+command\b", text, re.MULTILINE | re.IGNORECASE):
        return True
    matches = [_LINE.fullmatch(line) for line in text.splitlines() if not _VARIABLE.fullmatch(line)]
    words = [match["rest"].split() for match in matches if match]
    if words and all(len(line) > 1 and line[0] in _USERS for line in words):
        return True
    return None if any(line[0] in _NO_PROGRAMS for line in words) else False
