"""Jobs of Rundeck, as ``rd jobs list -f jobs.yaml -F yaml`` and the web page export them. Pure.

The keys are those of Rundeck's importer (rundeck/rundeck, ``ScheduledExecution.fromMap``, ``WorkflowDataImpl.fromMap``;
rundeck/docs, "Job YAML", read 2026-11). JSON has the same structure.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.readers import from_quartz
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import check_zone
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.workbench.exports.rundeck import DUE, own_fields
from batchwright_runner.workbench.moving.about import read_about
from batchwright_runner.workbench.moving.hidden import without_secrets
from batchwright_runner.workbench.moving.jobs import (
    ForeignJob,
    ForeignOption,
    JobStep,
    Reading,
    SourcePlace,
    Todo,
    UnwritableError,
)
from batchwright_runner.workbench.moving.lines import read_line, splits, whole
from batchwright_runner.workbench.moving.rundeck_options import read_options
from batchwright_runner.workbench.moving.rundeck_references import OF_WORKFLOWS, PAGE, is_parent, notes, read_parent
from batchwright_runner.workbench.moving.sources import SourceTable, as_text, read_timeout, read_yaml, rest
from batchwright_runner.workbench.moving.words import SHELLS, options_in, program, variable_of, with_own_names

SCHEDULER = "rundeck"

_READ = frozenset(
    {"name", "group", "uuid", "id", "description", "timeout", "retry", "timeZone", "options", "sequence", "schedule"}
    | {"scheduleEnabled", "executionEnabled", "multipleExecutions", "notification", "schedules", "nodefilters"}
)
_SHOWN = frozenset(
    {"loglevel", "loglimit", "loglimitAction", "loglimitStatus", "defaultTab", "nodeFilterEditable", "project"}
    | {"nodesSelectedByDefault", "maxMultipleExecutions", "notifyAvgDurationThreshold", "href", "permalink"}
    | {"averageDuration", "plugins"}
)
"""Fields about Rundeck's own pages, which change no run."""

_CONTEXTS = r"(?:job|node|globals|exec|execution|data|export|result)\."
_FILLED = re.compile(rf"\$\{{{_CONTEXTS}[^}}]*\}}|@{_CONTEXTS}[\w.-]+@")
"""What Rundeck fills in beside options (Rundeck's manual, "Context variables", 2026-11)."""
_MONTH_END = (
    "Start it on the 1st, for the day before; or on 28-31, and let the program end at once unless tomorrow is the 1st"
)
_KINDS = ("exec", "script", "scriptfile", "scripturl", "type")


def read_jobs(text: str, file: str, patterns: Sequence[re.Pattern[str]] = ()) -> Reading:
    """The jobs of a file."""
    jobs: list[ForeignJob] = []
    unwritable: list[UnwritableError] = []
    try:
        tables = _list(text, file)
    except UnwritableError as error:
        return Reading(unwritable=(error,))
    for table in tables:
        try:
            jobs.append(_job(table, patterns))
        except UnwritableError as error:
            error.job = as_text(table.get("name") or "")
            unwritable.append(error)
    return Reading(jobs, unwritable, list(notes(tables, jobs)))


def _list(text: str, file: str) -> list[SourceTable]:
    place = SourcePlace(file, 1)
    if text.lstrip().startswith("<"):
        hint = "Export the jobs as YAML: rd jobs list -f jobs.yaml -F yaml"
        raise UnwritableError(place, "", "it is XML, or a page", hint=hint)
    read = read_yaml(text, file)
    if not isinstance(read, list) or not read or not all(isinstance(entry, SourceTable) for entry in read):
        raise UnwritableError(place, "", "it is not a list of jobs, as Rundeck exports them in YAML or JSON")
    return read


def _job(table: SourceTable, patterns: Sequence[re.Pattern[str]]) -> ForeignJob:
    name = table.text("name")
    if not name:
        raise UnwritableError(table.place, "name", "the job has none")
    own = [name for command in table.table("sequence").tables("commands") for name in own_fields(command.text("exec"))]
    options, secrets, todos = read_options(table, own)
    hidden: dict[str, str] = {}
    if parent := is_parent(table):
        step = read_parent(table)
    else:
        step, hidden = _only_step(table, patterns, options, secrets)
        secrets |= dict.fromkeys(hidden, "the command line")
    off = not (table.is_true("scheduleEnabled", default=True) and table.is_true("executionEnabled", default=True))
    timeout = read_timeout(table.text("timeout"), todos)
    return ForeignJob(
        place=table.place,
        name=name,
        step=step,
        scheduler=NOBODY if off else SCHEDULER,
        group=table.text("group"),
        **read_about(table.text("description")),
        schedule=_schedule(table),
        timeout=timeout if step.waits and not parent else None,
        forbids_overlap=step.waits and not parent and not table.is_true("multipleExecutions", default=False),
        options=tuple(options),
        secrets=secrets,
        hidden=hidden,
        uuid=table.text("uuid") or table.text("id"),
        todos=tuple(_rest(table, _ADVICE | OF_WORKFLOWS)) if parent else (*todos, *_rest(table, _ADVICE)),
    )


def _rest(table: SourceTable, advice: Mapping[str, str]) -> list[Todo]:
    todos = [Todo(field, as_text(table[field]), advice[field]) for field in advice if _says(table.get(field))]
    if table.is_true("multipleExecutions", default=False) and _says(most := table.get("maxMultipleExecutions")):
        todos.append(Todo("maxMultipleExecutions", as_text(most), "a batch runs as often as it is started, or once"))
    if _says(table.get("loglimit")) and table.text("loglimitAction") == "halt":
        todos.append(Todo("loglimit", table.text("loglimit"), "no log is too long for a batch: nothing stops it"))
    todos += rest(table, _READ | _SHOWN)
    sequence = table.table("sequence")
    todos += rest(sequence, {"commands", "keepgoing", "strategy", "pluginConfig"}, "sequence.")
    return [*todos, *rest(sequence.table("pluginConfig"), {"WorkflowStrategy"}, "sequence.pluginConfig.")]


def _says(value: object) -> bool:
    """Whether a field says anything: Rundeck writes some that are empty, ``plugins: {ExecutionLifecycle: {}}``."""
    if isinstance(value, dict):
        return any(map(_says, value.values()))
    return value not in (None, "", "0", "false", [])


_ADVICE = {
    "retry": "name the exit codes that are worth another run: retry=Retry(times=…, on=[…])",
    "notification": "batchwright.toml, [rundeck], gives one to exported jobs",
    "nodefilters": "batchwright.toml, [rundeck], has nodes for exported jobs",
    "plugins": "exported jobs have none",
    "schedules": "they are kept in Rundeck under these names; write schedule=…",
}


def _only_step(
    table: SourceTable,
    patterns: Sequence[re.Pattern[str]],
    options: Sequence[ForeignOption],
    secrets: Collection[str],
) -> tuple[JobStep, dict[str, str]]:
    """What the job starts, and the secrets in its line: it must have exactly one step."""
    sequence = table.table("sequence")
    commands = sequence.tables("commands")
    steps_place = sequence.at("commands") if commands else table.at("sequence")
    if len(commands) != 1:
        count = f"{len(commands)} steps; allowed: one, which starts the task" if commands else "no step"
        hint = "Make a job of each step, or declare a batch by hand" if commands else ""
        raise UnwritableError(steps_place, "sequence.commands", f"it has {count}", hint=hint)
    command = commands[0]
    kind = next((kind for kind in _KINDS if kind in command), "")
    field = f"sequence.commands[0].{kind}" if kind else "sequence.commands[0]"
    place = command.at(kind)
    if kind not in ("exec", "script"):
        step_text = (
            f"a step of {kind} {as_text(command[kind])}" if kind else f"a step with {', '.join(command) or 'nothing'}"
        )
        raise UnwritableError(place, field, f"{step_text} cannot be read; allowed: exec or script")
    known = [*(option.name for option in options), *secrets]
    text, hidden = without_secrets(with_own_names(command.text(kind), known), known)
    interpreter = command.text("scriptInterpreter") or (text.partition("\n")[0] if text.startswith("#!") else SHELLS[0])
    shells = [word for word in map(program, interpreter.removeprefix("#!").split()) if word in SHELLS]
    if kind == "script" and not shells:
        raise UnwritableError(place, field, f"it is a script for {interpreter!r}; allowed: one for {', '.join(SHELLS)}")
    if kind == "script" and (flags := re.findall(r"\s(-[eux]+)\b", interpreter)):
        text = f"set {' '.join(flags)}\n{text}"
    text = text.replace(DUE, "")
    if filled := _FILLED.search(text):
        step = whole(
            text, shells[0], f"{filled[0]} is filled in by Rundeck, and no container knows it: write its value"
        )
    else:
        step = read_line(text, patterns, shell=shells[0])
    unknown = [option for option in options_in(step.command or ()) if variable_of(option) not in (*known, *hidden)]
    free = [*(option.name for option in options if _may_hold_blanks(option)), *secrets]
    split = [name for name in free if splits(step.command or (), name)]
    todos = [*step.todos, *(Todo("command", option, "the job has no such option") for option in unknown)]
    advice = "a value with blanks was several words there, and is one here: quote it, or give it values= or pattern="
    todos += [Todo("command", f"${{option.{name}}}", advice) for name in split]
    if handler := command.get("errorhandler"):
        todos.append(Todo("step.errorhandler", as_text(handler), f"what becomes of it: {PAGE}"))
    read = {kind, "description", "errorhandler", "scriptInterpreter", "fileExtension", "interpreterArgsQuoted"}
    todos += rest(command, read, "step.")
    return replace(step, todos=tuple(todos)), hidden


def _may_hold_blanks(option: ForeignOption) -> bool:
    if option.values or not option.pattern:
        return not option.values or any(re.search(r"\s", value) for value in option.values)
    return re.search(r"[.\s]|\[\^|\\[sWDHNR]", option.pattern.replace(r"\.", "")) is not None


def _quartz(schedule: SourceTable) -> str:
    """The seven fields of Quartz, of a schedule in Rundeck's own form."""

    def part(key: str, inner: str, otherwise: str = "*") -> str:
        value = schedule.get(key)
        text = value.text(inner) if isinstance(value, SourceTable) else schedule.text(key)
        return otherwise if value is None else text or "*"

    time = schedule.table("time")
    clock = [time.text("seconds") or "0", time.text("minute") or "0", time.text("hour") or "0"]
    weekdays = part("weekday", "day", "*" if schedule.get("dayofmonth") is None else "?")
    return " ".join([*clock, part("dayofmonth", "day", "?"), part("month", "month"), weekdays, part("year", "year")])


def _schedule(table: SourceTable) -> CronSchedule | None:
    value = table.get("schedule")
    zone = table.text("timeZone")
    if zone:
        try:
            check_zone(zone)
        except ScheduleError as error:
            raise UnwritableError(table.at("timeZone"), "timeZone", str(error)) from error
    if value is None:
        return None
    schedule = table.table("schedule")
    expression = schedule.text("crontab") or _quartz(schedule)
    try:
        return from_quartz(expression, zone)
    except ScheduleError as error:
        place, field = table.at("schedule"), "schedule"
        if "crontab" in schedule:
            place, field = schedule.at("crontab"), "schedule.crontab"
        hint = _MONTH_END * ("L" in "".join(expression.upper().split()[3:4]))
        raise UnwritableError(place, field, f"{expression!r}: {error}", hint=hint) from error
