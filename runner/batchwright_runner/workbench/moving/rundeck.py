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
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.workbench.exports.rundeck import DUE, own_fields
from batchwright_runner.workbench.moving.hidden import without_secrets
from batchwright_runner.workbench.moving.jobs import (
    ForeignJob,
    ForeignOption,
    JobStep,
    Reading,
    SourcePlace,
    Todo,
    UnwritableError,
    collect_todos,
    noting,
)
from batchwright_runner.workbench.moving.lines import read_line, splits, whole
from batchwright_runner.workbench.moving.sources import SourceTable, as_text, read_about, read_timeout, read_yaml, rest
from batchwright_runner.workbench.moving.words import SHELLS, options_in, program, variable_of, with_own_names
from batchwright_runner.workbench.moving.workflows import OF_WORKFLOWS, PAGE, is_parent, notes, read_parent

SCHEDULER = "rundeck"
TYPED = "who started the job typed it"

_READ = frozenset(
    {"name", "group", "uuid", "id", "description", "timeout", "retry", "timeZone", "options", "sequence", "schedule"}
    | {"scheduleEnabled", "executionEnabled", "multipleExecutions", "notification", "schedules", "nodefilters"}
    | {"loglevel", "loglimit", "loglimitAction", "loglimitStatus", "defaultTab", "nodeFilterEditable", "project"}
    | {"nodesSelectedByDefault", "maxMultipleExecutions", "notifyAvgDurationThreshold", "href", "permalink"}
    | {"averageDuration", "plugins"}
)
"""Fields that are read, and those about Rundeck's own pages, which change no run."""
_OF_OPTIONS = frozenset(
    {"name", "description", "value", "values", "enforced", "required", "regex", "label", "sortValues", "sortIndex"}
    | {"valuesListDelimiter", "hidden", "multivalueAllSelected", "valuesType"}
)
_ADVICE = {
    "retry": "name the exit codes that are worth another run: retry=Retry(times=…, on=[…])",
    "notification": "batchwright.toml, [rundeck], gives one to exported jobs",
    "nodefilters": "batchwright.toml, [rundeck], has nodes for exported jobs",
    "plugins": "exported jobs have none",
    "schedules": "they are kept in Rundeck under these names; write schedule=…",
}
_CONTEXTS = r"(?:job|node|globals|exec|execution|data|export|result)\."
_FILLED = re.compile(rf"\$\{{{_CONTEXTS}[^}}]*\}}|@{_CONTEXTS}[\w.-]+@")
"""What Rundeck fills in beside options (Rundeck's manual, "Context variables", 2026-11)."""
_MONTH_END = (
    "Start it on the 1st, for the day before; or on 28-31, and let the program end at once unless tomorrow is the 1st"
)
_UNREAD = "it is not one command, or script for a shell: make a batch of each step, and a workflow; this one only fails"


def read_jobs(text: str, file: str, patterns: Sequence[re.Pattern[str]] = ()) -> Reading:
    """The jobs of a file."""
    jobs: list[ForeignJob] = []
    tables: list[SourceTable] = []
    unwritable: list[UnwritableError] = []
    with noting(unwritable):
        tables = _list(text, file)
    for table in tables:
        with noting(unwritable, as_text(table.get("name") or "")):
            jobs.append(_job(table, patterns))
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
    options, secrets, todos = _options(table, own)
    hidden: dict[str, str] = {}
    if parent := is_parent(table):
        step, todos = read_parent(table), []
    else:
        step, hidden = _only_step(table, patterns, options, secrets)
        secrets |= dict.fromkeys(hidden, "the command line")
    off = not (table.is_true("scheduleEnabled", default=True) and table.is_true("executionEnabled", default=True))
    limits = step.waits and not parent
    timeout = read_timeout(table.text("timeout"), [] if parent else todos)
    found = {"options": tuple(options), "secrets": secrets, "hidden": hidden, "schedule": _schedule(table, todos)}
    uuid, group = table.text("uuid") or table.text("id"), table.text("group")
    return ForeignJob(
        place=table.place,
        name=name,
        step=step,
        scheduler=NOBODY if off else SCHEDULER,
        group=group,
        timeout=timeout if limits else None,
        forbids_overlap=limits and not table.is_true("multipleExecutions", default=False),
        uuid=uuid,
        known=(uuid, name, group),
        todos=(*todos, *_rest(table, _ADVICE | OF_WORKFLOWS if parent else _ADVICE)),
        **read_about(table.text("description")) | found,
    )


def _rest(table: SourceTable, advice: Mapping[str, str]) -> list[Todo]:
    several, most = table.is_true("multipleExecutions", default=False), table.get("maxMultipleExecutions")
    halts, limit = table.text("loglimitAction") == "halt", table.get("loglimit")
    sequence = table.table("sequence")
    return [
        *collect_todos(
            *((_says(table.get(field)), field, as_text(table.get(field)), why) for field, why in advice.items()),
            (several and _says(most), "maxMultipleExecutions", as_text(most), "a batch has one run, or any number"),
            (halts and _says(limit), "loglimit", as_text(limit), "no log is too long for a batch: nothing stops it"),
        ),
        *rest(table, _READ),
        *rest(sequence, {"commands", "keepgoing", "strategy", "pluginConfig"}, "sequence."),
        *rest(sequence.table("pluginConfig"), {"WorkflowStrategy"}, "sequence.pluginConfig."),
    ]


def _says(value: object) -> bool:
    """Whether a field says anything: Rundeck writes some that are empty, ``plugins: {ExecutionLifecycle: {}}``."""
    if isinstance(value, dict):
        return any(map(_says, value.values()))
    return value not in (None, "", "0", "false", [])


def _options(job: SourceTable, own: Collection[str]) -> tuple[list[ForeignOption], dict[str, str], list[Todo]]:
    """The options of a job; of secure ones, where each value comes from; and what a declaration cannot express."""
    options: list[ForeignOption] = []
    secrets: dict[str, str] = {}
    todos: list[Todo] = []
    for table in job.tables("options"):
        name, path, default = table.text("name"), table.text("storagePath"), table.text("value")
        if not name:
            raise UnwritableError(table.place, "options", "an option has no name")
        if name in own:
            continue
        variable = variable_of(name)
        if variable in (*secrets, *(option.name for option in options)):
            raise UnwritableError(table.at("name"), "options", f"{name!r} is declared twice")
        if table.is_true("secure", default=False) or path:
            secrets[variable] = f"Rundeck's key storage, {path}" if path else TYPED
            continue
        given, delimiter = table.get("values"), table.text("valuesListDelimiter") or ","
        listed = [str(part).strip() for part in (given if isinstance(given, list) else (given or "").split(delimiter))]
        only = table.is_true("enforced", default=False)
        option = ForeignOption(
            name=variable,
            description=" ".join(table.text("description").split()),
            values=tuple(filter(None, listed)) if only else (),
            pattern=table.text("regex"),
            default="" if "${" in default else default,
            required=table.is_true("required", default=False),
        )
        options.append(option)
        called = f"it is called {variable} now: a variable cannot have the old name"
        todos += collect_todos(
            (variable != name, f"options.{name}", name, called),
            (given and not only, f"options.{name}.values", str(given), "they are proposals; any value is allowed"),
            ("${" in default, f"options.{name}.value", default, "Rundeck filled it in, and no container does"),
        )
        todos += rest(table, _OF_OPTIONS, f"options.{name}.")
    return options, secrets, todos


def _only_step(
    table: SourceTable,
    patterns: Sequence[re.Pattern[str]],
    options: Sequence[ForeignOption],
    secrets: Collection[str],
) -> tuple[JobStep, dict[str, str]]:
    """What the job starts, and the secrets in its line; anything but one command or script for a shell is a TODO."""
    commands = table.table("sequence").tables("commands")
    command = commands[0] if len(commands) == 1 else SourceTable(table.place)
    kind = next((kind for kind in ("exec", "script") if kind in command), "")
    known = [*(option.name for option in options), *secrets]
    text, hidden = without_secrets(with_own_names(command.text(kind), known), known)
    interpreter = command.text("scriptInterpreter") or (text.partition("\n")[0] if text.startswith("#!") else SHELLS[0])
    shells = [word for word in map(program, interpreter.removeprefix("#!").split()) if word in SHELLS]
    if not kind or not shells:
        return JobStep(command=("false",), todos=(Todo("sequence.commands", as_text(commands), _UNREAD),)), {}
    if kind == "script" and (flags := re.findall(r"\s(-(?=[eux]|o )[eux]*(?:o pipefail)?)(?=\s|$)", interpreter)):
        text = f"set {' '.join(flags)}\n{text}"
    text = text.replace(DUE, "")
    if filled := _FILLED.search(text):
        why = f"{filled[0]} is filled in by Rundeck, and no container knows it: write its value"
        step = whole(text, shells[0], why)
    else:
        step = read_line(text, patterns, shell=shells[0])
    words, handler = step.command or (), command.get("errorhandler")
    free = [*(option.name for option in options if _may_hold_blanks(option)), *secrets]
    advice = "a value with blanks was several words there, and is one here: quote it, or give it values= or pattern="
    unknown = [option for option in options_in(words) if variable_of(option) not in (*known, *hidden)]
    todos = collect_todos(
        *((True, "command", option, "the job has no such option") for option in unknown),
        *((splits(words, name), "command", f"${{option.{name}}}", advice) for name in free),
        (handler, "step.errorhandler", as_text(handler), f"what becomes of it: {PAGE}"),
    )
    read = {kind, "description", "errorhandler", "scriptInterpreter", "fileExtension", "interpreterArgsQuoted"}
    return replace(step, todos=(*step.todos, *todos, *rest(command, read, "step."))), hidden


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


def _schedule(table: SourceTable, todos: list[Todo]) -> CronSchedule | None:
    """When a job is due; ``None`` where no batch can be, which is a TODO: nothing starts it until that is done."""
    if table.get("schedule") is None:
        return None
    schedule, zone = table.table("schedule"), table.text("timeZone")
    expression = schedule.text("crontab") or _quartz(schedule)
    try:
        return from_quartz(expression, zone)
    except ScheduleError as error:
        hint = f". {_MONTH_END}" * ("L" in "".join(expression.upper().split()[3:4]))
        todos.append(Todo("schedule", f"{expression} {zone}".rstrip(), f"{error}{hint}"))
        return None
