"""The declaration of a batch: the arguments of its stages, folded into one set. Pure."""

import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.checks import DESCRIPTION_LIMIT, OWN_VARIABLES, TIMEOUTS
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.schedules.schedule import CronSchedule, expression_of
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.values import REFERENCE
from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.moving.about import one_line
from batchwright_runner.workbench.moving.arguments import EXISTING, FARGATE, fitting, grouped, of_definition
from batchwright_runner.workbench.moving.hidden import CUT, as_message
from batchwright_runner.workbench.moving.jobs import Definition, ForeignJob, JobStep, Todo
from batchwright_runner.workbench.moving.join import JoinedBatch, Part
from batchwright_runner.workbench.moving.stages import choose, with_stage
from batchwright_runner.workbench.moving.values import StagePlace, hidden, plain_values, variables
from batchwright_runner.workbench.moving.words import in_container, shell_line
from batchwright_runner.workbench.moving.workflows import Steps, steps_of
from batchwright_runner.workbench.scaffold.python import Call, Raw, Value, call

_ORDER: tuple[str, ...] = ("owner", "description", "runbook", "image", "command", "cpu", "memory", "timeout")
_ORDER += ("overlap", "schedule", "scheduler", "unfinished", "options", "environment", "secrets", "sidecars")
_ORDER += ("container", "fargate", "steps", "rundeck_uuid")
_EMPTY: dict[str, Value] = {"environment": {}, "overlap": "allow", "timeout": Raw("Duration.hours(24)"), **FARGATE}
_EMPTY |= {"secrets": [], "sidecars": [], "options": []}
_FIELD = 22
"""Characters of a field in `unfinished=`, its last ones: the comment above it has the whole."""
HOST_IMAGE = "jobs"
"""The image of commands that run on a host itself, until a better one is named."""
_STARTERS = {"rundeck": "Rundeck's job", "cron": "The crontab's line", "nobody": "The job"}


@dataclass(slots=True, kw_only=True)
class WrittenBatch:
    """A batch or a workflow that can be written."""

    name: str
    # The family of its task definitions; empty where it has none
    family: str
    image: str
    arguments: dict[str, Value] = field(default_factory=dict)
    # The resources that it adopts, and its jobs in Rundeck: arguments of `Existing`
    existing: dict[str, Value] = field(default_factory=dict)
    # The stages in which it exists; empty for all
    stages: tuple[str, ...] = ()
    # What its declaration cannot express; until that is done, no scheduler starts it
    todos: list[Todo] = field(default_factory=list)
    # What other stages have differently, by argument, and what a declaration cannot express there
    chosen: dict[str, Value] = field(default_factory=dict)
    elsewhere: list[tuple[str, Todo]] = field(default_factory=list)
    scheduler: str = NOBODY
    notes: str = ""
    job: ForeignJob

    @property
    def is_workflow(self) -> bool:
        """Whether it is a workflow."""
        return "steps" in self.arguments


def declare(
    batch: JoinedBatch,
    stages: Mapping[str, StagePlace],
    owner: str,
    image: str = "",
    steps: Steps | None = None,
    shared: Collection[str] = (),
) -> WrittenBatch:
    """The declaration of a batch or a workflow, as the stage that is read has it.

    `image`: the image of a command that has no task definition; empty where none is named.
    `shared`: the variables of secrets that several batches have.
    """
    by_stage: dict[str, dict[str, Value]] = {}
    left: dict[str, list[Todo]] = {}
    for name, part in batch.parts.items():
        todos = left[name] = list[Todo]()
        if steps is not None:
            arguments = _of_workflow(part.job, stages[name], steps, todos)
        else:
            arguments = _of_job(part, stages[name], batch.name, shared, todos)
            if not batch.family:
                arguments.setdefault("image", image or HOST_IMAGE)
                todos += [Todo("image", HOST_IMAGE, _image_advice(part.job.step.directory))] * (not image)
            if part.definition and not part.job.step.container and len(names := _candidates(part.definition)) > 1:
                todos.append(
                    Todo("essential", ", ".join(names), f"{names[0]} was taken for the main container: is it?")
                )
        arguments = grouped(arguments)
        arguments["owner"] = part.job.owner or owner
        by_stage[name] = {key: with_stage(value, name) for key, value in arguments.items()}
    read, *others = by_stage
    arguments, todos = by_stage[read], [*dict.fromkeys(left[read])]
    equal = [stage for stage in others if by_stage[stage] == arguments and set(left[stage]) <= set(todos)]
    differing = {stage: by_stage[stage] for stage in others if stage not in equal}
    keys = dict.fromkeys(key for each in (arguments, *differing.values()) for key in each)
    chosen = {
        key: choose(_value(arguments, key), {stage: _value(each, key) for stage, each in differing.items()})
        for key in keys
        if any(each.get(key) != arguments.get(key) for each in differing.values())
    }
    only_there = [(stage, todo) for stage in others for todo in dict.fromkeys(left[stage]) if todo not in todos]
    starter = _STARTERS.get(batch.job.scheduler, "The job")
    about = as_message(batch.job.description) or f"{starter} {batch.job.name}."
    arguments["description"] = one_line(about)
    if batch.uuids:
        arguments["rundeck_uuid"] = dict(batch.uuids)
    existing = {key: arguments.pop(key) for key in [*arguments] if steps is None and key in EXISTING}
    if todos:  # until it is complete, no scheduler starts it
        arguments["scheduler"] = NOBODY
        (existing if steps is None else arguments)["unfinished"] = _left(
            list(dict.fromkeys(one_line(todo.field) for todo in todos))
        )
    declared = (read, *equal)
    return WrittenBatch(
        name=batch.name,
        family=batch.family,
        image=_image_key(arguments),
        arguments={key: arguments[key] for key in sorted(arguments, key=_ORDER.index)},
        existing=existing,
        stages=() if len(declared) == len(stages) else declared,
        todos=todos,
        chosen=chosen,
        elsewhere=only_there,
        scheduler=batch.job.scheduler,
        notes=as_message(batch.job.notes),
        job=batch.job,
    )


def _left(fields: list[str]) -> list[Value]:
    """What is left to do, short enough for one line."""
    short = [name if len(name) <= _FIELD else f"…{name[1 - _FIELD :]}" for name in fields]
    return [*short] if len(short) <= 3 else [*short[:2], f"{len(short) - 2} more"]


def _value(arguments: Mapping[str, Value], key: str) -> Value:
    """An argument; its default where a stage does not say it."""
    return arguments.get(key, _EMPTY.get(key, Raw("None")))


def _candidates(definition: Definition) -> list[str]:
    return [str(candidate.get("name")) for candidate in definition.candidates]


def _image_advice(directory: str) -> str:
    return f"name the image that has these programs{f'; its WORKDIR takes the place of {directory}' * bool(directory)}"


def _of_job(part: Part, stage: StagePlace, name: str, shared: Collection[str], todos: list[Todo]) -> dict[str, Value]:
    job, step = part.job, part.job.step
    main: Mapping[str, Any] = part.definition.main(step.container) if part.definition else {}
    arguments = of_definition(part.definition, main, stage, todos) if part.definition else dict[str, Value]()
    if step.command is not None:
        arguments["command"] = in_container(step.command)
    _variables(job, stage, arguments, todos)
    values = {**plain_values(main), **step.environment, **{option.name: option.default for option in job.options}}
    sources = {**dict.fromkeys(hidden(values), "its value there"), **job.secrets}
    advice = "the line had it, and the task has a variable of that name: are they the same?"
    taken = job.hidden.keys() & {*map(str, _names(arguments.get("secrets"))), *plain_values(main)}
    todos += [Todo(f"secrets.{variable}", "from the command line", advice) for variable in sorted(taken)]
    _secrets(sources, name, shared, arguments, todos)
    _size(step, arguments)
    arguments |= dict(_terms(job, stage, todos))
    if step.spot:
        arguments["capacity"] = "spot"
    _network(step, stage, arguments, todos)
    if step.region and stage.region and step.region != stage.region:
        todos.append(Todo("region", step.region, f"stage {stage.name} is in {stage.region}"))
    newest = part.definition.revision if part.definition else 0
    if step.revision and newest not in (0, step.revision):
        advice = f"{newest} is the newest that was given"
        todos.append(Todo("revision", f"{step.family}:{step.revision}", advice))
    _options(job, {**plain_values(main), **step.environment}, arguments, todos)
    todos += [*step.todos, *job.todos]
    return arguments


def _of_workflow(job: ForeignJob, stage: StagePlace, steps: Steps, todos: list[Todo]) -> dict[str, Value]:
    arguments = {"steps": steps_of(job, steps, todos)}
    todos += job.step.todos
    arguments |= dict(_terms(job, stage, todos))
    advice = "options= of a workflow gives each step those that its batch declares"
    options = {option.name: option.description or option.name for option in job.options}
    todos += [Todo(f"options.{name}", text, advice) for name, text in options.items()]
    advice = "a workflow has no secret"
    todos += [Todo(f"options.{name}", origin, advice) for name, origin in job.secrets.items()]
    todos += job.todos
    return arguments


def _variables(job: ForeignJob, stage: StagePlace, arguments: dict[str, Value], todos: list[Todo]) -> None:
    """Adds those of the run; and the time zone of the host, where the command computes dates."""
    declared = arguments.get("environment")
    present = declared if isinstance(declared, dict) else {}
    values = {option.name: option.default for option in job.options if option.default} | dict(job.step.environment)
    if stage.timezone and re.search(r"\bdate\b", shell_line(job.step.command or ())):
        values = {"TZ": present.get("TZ", stage.timezone), **values}
    if entries := variables(values, todos):
        arguments["environment"] = {**present, **entries}


def _secrets(
    sources: Mapping[str, str], name: str, shared: Collection[str], arguments: dict[str, Value], todos: list[Todo]
) -> None:
    """Declares secrets that have no place in AWS yet: variable to where the value comes from."""
    stored = _names(arguments.get("secrets"))
    new = {variable: origin for variable, origin in sources.items() if variable not in stored}
    for variable, origin in new.items():
        place = f"--shared {variable}" if variable in shared else f"{name} {variable}"
        advice = f"set it in each stage, before a run: batchwright params set {place} -s STAGE"
        todos.append(Todo(f"secrets.{variable}", f"from {origin}", advice))
    if new:
        made = (call("Secret.shared" if variable in shared else "Secret", variable) for variable in new)
        arguments["secrets"] = [*_calls(arguments.get("secrets")), *made]


def _options(job: ForeignJob, taken: Mapping[str, str], arguments: dict[str, Value], todos: list[Todo]) -> None:
    """The options of a run; the container reads them from its variables, of which some are taken."""
    stored = {name for key in ("secrets", "parameters") for name in _names(arguments.get(key))}
    options = []
    for option in job.options:
        field_, named = f"options.{option.name}", dict[str, Value]()
        if option.name in stored or option.name.startswith(OWN_VARIABLES):
            advice = "a secret has that name; give another"
            advice = advice if option.name in stored else "each run has such a variable itself"
            todos.append(Todo(field_, option.description or option.name, advice))
            continue
        if option.name in taken:
            advice = "the task has that variable with a value of its own, which an option's replaces"
            todos.append(Todo(field_, CUT if hidden({option.name: taken[option.name]}) else taken[option.name], advice))
        if option.values:
            named["values"] = list(dict.fromkeys(option.values))
        elif option.pattern and _compiles(option.pattern):
            named["pattern"] = option.pattern
        elif option.pattern:
            todos.append(Todo(f"{field_}.regex", option.pattern, "no declaration can hold it; write pattern="))
        if option.description:
            named["description"] = shorten(one_line(option.description), DESCRIPTION_LIMIT)
        if option.required:
            todos.append(Todo(f"{field_}.required", "true", "a run without it is the program's to refuse"))
        options.append(call("Option", option.name, **named))
    if options:
        arguments["options"] = options


def _names(declared: Value | None) -> list[Value]:
    """The variables of secrets."""
    return [secret.positional[0] for secret in _calls(declared)]


def _calls(declared: Value | None) -> list[Call]:
    return [value for value in declared if isinstance(value, Call)] if isinstance(declared, list) else []


def _compiles(pattern: str) -> bool:
    try:
        with warnings.catch_warnings(action="error"):  # in Java [a-z&&[^b]] leaves something out
            re.compile(pattern, re.ASCII)
    except (re.error, ValueError, OverflowError, Warning):
        return False
    return pattern.isprintable() and REFERENCE not in pattern


def _size(step: JobStep, arguments: dict[str, Value]) -> None:
    if step.cpu is not None or step.memory is not None:
        size = {"cpu": 256, "memory": 512, **arguments}
        cpu, memory = fitting(step.cpu or int(str(size["cpu"])), step.memory or int(str(size["memory"])))
        arguments |= {"cpu": cpu, "memory": memory}


def _terms(job: ForeignJob, stage: StagePlace, todos: list[Todo]) -> Iterator[tuple[str, Value]]:
    if job.runbook:
        yield "runbook", job.runbook
    seconds = min((limit for limit in (job.timeout, job.step.timeout) if limit), default=0)
    if seconds:
        nearest = min(max(seconds, TIMEOUTS[0]), TIMEOUTS[-1])
        if nearest != seconds:
            advice = f"a batch has 60 seconds to 14 days: {format_duration(nearest)} now"
            todos.append(Todo("timeout", format_duration(seconds), advice))
        yield "timeout", duration(nearest)
    if job.forbids_overlap:
        yield "overlap", "forbid"
    if job.schedule is not None:
        yield "schedule", schedule(job.schedule, stage.timezone or UTC)
    yield "scheduler", job.scheduler


def duration(seconds: int) -> Value:
    """A `Duration`."""
    for size, unit in ((3600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds % size == 0:
            return Raw(f"Duration.{unit}({seconds // size})")
    raise AssertionError(seconds)


def schedule(due: CronSchedule, timezone: str) -> Value:
    """A `Schedule`, in the form that reads best."""
    zone = {"zone": due.zone} if due.zone and due.zone != timezone else {}
    minute, hour, day, month, weekday = expression_of(due).split()
    if minute.isdecimal() and hour.isdecimal() and month == "*":
        time = f"{int(hour):02}:{int(minute):02}"
        if day == weekday == "*":
            return call("Schedule.daily", time, **zone)
        if day == "*":
            return call("Schedule.weekly", weekday, time, **zone)
        if day.isdecimal() and int(day) <= 28:
            return call("Schedule.monthly", int(day), time, **zone)
    return call("Schedule.cron", expression_of(due), **zone)


def _network(step: JobStep, stage: StagePlace, arguments: dict[str, Value], todos: list[Todo]) -> None:
    """Compares the network that a command names with the stage's; a batch may have groups of its own."""
    groups = stage.facts.get("security_groups")
    if step.wrapped and not groups:
        advice = "the wrapper says them, and cdk.json does not: write stages.*.security_groups, or existing=Existing(…)"
        todos.append(Todo("security_groups", "of the wrapper", advice))
    if step.security_groups and set(step.security_groups) != set(_listed(groups)):
        arguments["security_groups"] = list(step.security_groups)
    subnets = _listed(stage.facts.get("subnets"))
    if step.subnets and subnets and set(step.subnets) != set(subnets):
        listed = ", ".join(subnets)
        todos.append(Todo("subnets", ", ".join(step.subnets), f"stage {stage.name} has {listed} in cdk.json"))
    public = stage.facts.get("assign_public_ip", False)
    if step.public_ip is not None and step.public_ip != public:
        setting = "ENABLED" if step.public_ip else "DISABLED"
        advice = f"stage {stage.name} has assign_public_ip {str(public).lower()} in cdk.json"
        todos.append(Todo("assignPublicIp", setting, advice))


def _listed(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _image_key(arguments: Mapping[str, Value]) -> str:
    """The repository of an image, or its name."""
    source = arguments.get("image")
    if isinstance(source, Call):
        head, slash, last = str(source.positional[0]).partition("@")[0].rpartition("/")
        return head + slash + last.partition(":")[0]
    return source if isinstance(source, str) else ""
