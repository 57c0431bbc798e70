"""The declaration of a batch: the arguments of its stages, folded into one set. Pure."""

import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.checks import DESCRIPTION_LIMIT, OWN_VARIABLES, TIMEOUTS
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.options import INPUT, may_hang
from batchwright_runner.contract.schedules.schedule import CronSchedule, expression_of
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.values import REFERENCE
from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.moving.arguments import EXISTING, FARGATE, fitting, grouped, of_definition
from batchwright_runner.workbench.moving.containers import hidden, plain_values, variables
from batchwright_runner.workbench.moving.hidden import CUT, as_message
from batchwright_runner.workbench.moving.jobs import ForeignJob, StagePlace, Todo, collect_todos
from batchwright_runner.workbench.moving.join import JoinedBatch, Part
from batchwright_runner.workbench.moving.sources import one_line
from batchwright_runner.workbench.moving.stages import choose, with_stage
from batchwright_runner.workbench.moving.words import in_container, shell_line
from batchwright_runner.workbench.moving.workflows import Steps, steps_of
from batchwright_runner.workbench.scaffold.python import Call, Raw, Value, call

_ORDER: tuple[str, ...] = ("owner", "description", "runbook", "image", "command", "cpu", "memory", "timeout")
_ORDER += ("overlap", "schedule", "scheduler", "unfinished", "options", "environment", "secrets", "sidecars")
_ORDER += ("container", "fargate", "steps", "rundeck_uuid")
_EMPTY: dict[str, Value] = {"environment": {}, "overlap": "allow", "timeout": Raw("Duration.hours(24)"), **FARGATE}
_EMPTY |= {"secrets": [], "sidecars": [], "options": []}
_UNITS = (("hours", 3600), ("minutes", 60), ("seconds", 1))
_FIELD = 22
"""Characters of a field in `unfinished=`, its last ones: the comment above it has the whole."""
HOST_IMAGE = "jobs"
"""The image of commands that run on a host itself, until a better one is named."""
_STARTERS = {"rundeck": "Rundeck's job", "cron": "The crontab's line", "nobody": "The job"}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the batches of one call have in common."""

    stages: Mapping[str, StagePlace]
    # The team to ask where none is named
    owner: str
    # The image of commands that have no task definition; empty where none is named
    image: str = ""
    # The variables of secrets that several batches have
    shared: Collection[str] = ()


@dataclass(slots=True, kw_only=True)
class WrittenBatch:
    """A batch or a workflow that can be written."""

    name: str
    job: ForeignJob
    arguments: dict[str, Value]
    # The resources that it adopts, and its jobs in Rundeck: arguments of `Existing`
    existing: dict[str, Value]
    # The stages in which it exists; empty for all
    stages: tuple[str, ...]
    # What its declaration cannot express; until that is done, no scheduler starts it
    todos: Sequence[Todo]
    # What other stages have differently, by argument, and what a declaration cannot express there
    chosen: dict[str, Value]
    elsewhere: list[tuple[str, Todo]]

    @property
    def is_workflow(self) -> bool:
        """Whether it is a workflow."""
        return "steps" in self.arguments

    @property
    def image(self) -> str:
        """The repository of its image, or the image's name."""
        source = self.arguments.get("image", "")
        head, slash, last = str(source.positional[0] if isinstance(source, Call) else source).rpartition("/")
        return f"{head}{slash}{re.split('[:@]', last)[0]}"


def declare(batch: JoinedBatch, house: House, steps: Steps | None = None) -> WrittenBatch:
    """The declaration of a batch or a workflow, as the stage that is read has it."""
    by_stage: dict[str, dict[str, Value]] = {}
    left: dict[str, list[Todo]] = {}
    for name, part in batch.parts.items():
        todos, stage = left.setdefault(name, []), house.stages[name]
        if steps:
            arguments = _of_workflow(part.job, stage, steps, todos)
        else:
            arguments = _of_job(part, batch.name, stage, house, todos)
        arguments = grouped(arguments) | {"owner": part.job.owner or house.owner}
        by_stage[name] = {key: with_stage(value, name) for key, value in arguments.items()}
    read, *others = by_stage
    arguments, todos = by_stage[read], [*dict.fromkeys(left[read])]
    whole = {stage: _EMPTY | each for stage, each in by_stage.items()}
    elsewhere = [(stage, todo) for stage in others for todo in dict.fromkeys(left[stage]) if todo not in todos]
    equal = [stage for stage in others if whole[stage] == whole[read] and stage not in dict(elsewhere)]
    values = {
        key: {stage: whole[stage].get(key, Raw("None")) for stage in whole} for each in whole.values() for key in each
    }
    chosen = {
        key: choose(of_stages.pop(read), {stage: value for stage, value in of_stages.items() if stage not in equal})
        for key, of_stages in values.items()
        if any(value != of_stages[read] for stage, value in of_stages.items() if stage not in equal)
    }
    starter = _STARTERS.get(batch.job.scheduler, "The job")
    arguments["description"] = one_line(as_message(batch.job.description) or f"{starter} {batch.job.name}.")
    if batch.uuids:
        arguments["rundeck_uuid"] = dict(batch.uuids)
    existing = {key: arguments.pop(key) for key in [*arguments] if not steps and key in EXISTING}
    if todos:  # until it is complete, no scheduler starts it
        arguments["scheduler"] = NOBODY
        names = [*dict.fromkeys(one_line(todo.field) for todo in todos)]
        short: list[Value] = [name if len(name) <= _FIELD else f"…{name[1 - _FIELD :]}" for name in names]
        fields = short if len(short) <= 3 else [*short[:2], f"{len(short) - 2} more"]
        (arguments if steps else existing)["unfinished"] = fields
    return WrittenBatch(
        name=batch.name,
        job=batch.job,
        arguments={key: arguments[key] for key in sorted(arguments, key=_ORDER.index)},
        existing=existing,
        stages=() if len(equal) + 1 == len(house.stages) else (read, *equal),
        todos=todos,
        chosen=chosen,
        elsewhere=elsewhere,
    )


def _of_job(part: Part, name: str, stage: StagePlace, house: House, todos: list[Todo]) -> dict[str, Value]:
    job, step, definition = part.job, part.job.step, part.definition
    main: Mapping[str, Any] = definition.main(step.container) if definition else {}
    arguments: dict[str, Value] = {"image": house.image or HOST_IMAGE}
    if definition:
        arguments = of_definition(definition, main, stage, todos)
    if step.command is not None:
        arguments["command"] = in_container(step.command)
    _variables(job, stage, arguments, todos)
    taken = {**plain_values(main), **step.environment}
    values = {**taken, **{option.name: option.default for option in job.options}}
    sources = {**dict.fromkeys(hidden(values), "its value there"), **job.secrets}
    twice = job.hidden.keys() & {*map(str, _names(arguments.get("secrets"))), *plain_values(main)}
    _secrets(sources, name, house.shared, arguments, todos)
    if step.cpu is not None or step.memory is not None:
        size = {"cpu": 256, "memory": 512, **arguments}
        cpu, memory = fitting(step.cpu or int(str(size["cpu"])), step.memory or int(str(size["memory"])))
        arguments |= {"cpu": cpu, "memory": memory}
    arguments |= _terms(job, stage, todos) | ({"capacity": "spot"} if step.spot else {})
    groups, subnets = stage.facts.get("security_groups"), _listed(stage.facts.get("subnets"))
    if step.security_groups and set(step.security_groups) != set(_listed(groups)):
        arguments["security_groups"] = list(step.security_groups)
    public, newest = stage.facts.get("assign_public_ip", False), definition.revision if definition else 0
    mains = [] if step.container or not definition else [str(each.get("name")) for each in definition.candidates]
    own, asked = f"stage {stage.name} has", "ENABLED" if step.public_ip else "DISABLED"
    other_subnets = subnets and step.subnets and set(step.subnets) != set(subnets)
    other_region = step.region != (stage.region or step.region) and step.region
    other_revision = step.revision and newest not in (0, step.revision)
    here = f"assign_public_ip {str(public).lower()} in cdk.json"
    of_host = f"; its WORKDIR takes the place of {step.directory}" * bool(step.directory)
    of_wrapper = "the wrapper says them, and cdk.json does not: write stages.*.security_groups, or existing=Existing(…)"
    of_both = "the line had it, and the task has a variable of that name: are they the same?"
    todos += collect_todos(
        (not definition and not house.image, "image", HOST_IMAGE, f"name the image that has these programs{of_host}"),
        (mains[1:], "essential", ", ".join(mains), f"{''.join(mains[:1])} was taken for the main container: is it?"),
        *((True, f"secrets.{variable}", "from the command line", of_both) for variable in sorted(twice)),
        (step.wrapped and not groups, "security_groups", "of the wrapper", of_wrapper),
        (other_subnets, "subnets", ", ".join(step.subnets), f"{own} {', '.join(subnets)} in cdk.json"),
        (step.public_ip not in (None, public), "assignPublicIp", asked, f"{own} {here}"),
        (other_region, "region", step.region, f"stage {stage.name} is in {stage.region}"),
        (other_revision, "revision", f"{step.family}:{step.revision}", f"{newest} is the newest that was given"),
    )
    _options(job, taken, arguments, todos)
    todos += [*step.todos, *job.todos]
    return arguments


def _of_workflow(job: ForeignJob, stage: StagePlace, steps: Steps, todos: list[Todo]) -> dict[str, Value]:
    arguments = {"steps": steps_of(job, steps, todos)}
    todos += job.step.todos
    arguments |= _terms(job, stage, todos)
    options = {option.name: option.description or option.name for option in job.options}
    advice = "options= of a workflow gives each step those that its batch declares"
    todos += [Todo(f"options.{name}", text, advice) for name, text in options.items()]
    todos += [Todo(f"options.{name}", origin, "a workflow has no secret") for name, origin in job.secrets.items()]
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
    declared = _calls(arguments.get("secrets"))
    new = {variable: origin for variable, origin in sources.items() if variable not in _names(declared)}
    for variable, origin in new.items():
        place = f"--shared {variable}" if variable in shared else f"{name} {variable}"
        advice = f"set it in each stage, before a run: batchwright params set {place} -s STAGE"
        todos.append(Todo(f"secrets.{variable}", f"from {origin}", advice))
        declared.append(call("Secret.shared" if variable in shared else "Secret", variable))
    if declared:
        arguments["secrets"] = [*declared]


def _options(job: ForeignJob, taken: Mapping[str, str], arguments: dict[str, Value], todos: list[Todo]) -> None:
    """The options of a run; the container reads them from its variables, of which some are taken."""
    stored, options = [name for key in ("secrets", "parameters") for name in _names(arguments.get(key))], []
    for option in job.options:
        name, value, about = option.name, taken.get(option.name, ""), option.description or option.name
        odd = not option.values and option.pattern and not _compiles(option.pattern)
        named: dict[str, Value] = {
            "values": list(dict.fromkeys(option.values)),
            "pattern": "" if option.values or odd else option.pattern,
            "description": shorten(one_line(option.description), DESCRIPTION_LIMIT),
        }
        if name in stored or name.startswith(OWN_VARIABLES) or name in INPUT:
            own = "a secret has that name; give another" if name in stored else "each run has it itself; give another"
            todos.append(Todo(f"options.{name}", about, own))
            continue
        shown, replaced = CUT if hidden({name: value}) else value, "the task has that variable, with a value of its own"
        todos += collect_todos(
            (name in taken, f"options.{name}", shown, f"{replaced}, which an option's replaces"),
            (odd, f"options.{name}.regex", option.pattern, "no declaration can hold it; write pattern="),
            (option.required, f"options.{name}.required", "true", "a run without it is the program's to refuse"),
        )
        options.append(call("Option", name, **{key: value for key, value in named.items() if value}))
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
    return pattern.isprintable() and REFERENCE not in pattern and not may_hang(pattern)


def _terms(job: ForeignJob, stage: StagePlace, todos: list[Todo]) -> dict[str, Value]:
    seconds = min((limit for limit in (job.timeout, job.step.timeout) if limit), default=0)
    nearest = min(max(seconds, TIMEOUTS[0]), TIMEOUTS[-1])
    advice = f"a batch has 60 seconds to 14 days: {format_duration(nearest)} now"
    unit, size = next(unit for unit in _UNITS if nearest % unit[1] == 0)
    todos += collect_todos((seconds and seconds != nearest, "timeout", format_duration(seconds), advice))
    terms: dict[str, Value] = {
        "runbook": job.runbook,
        "timeout": Raw(f"Duration.{unit}({nearest // size})") if seconds else "",
        "overlap": "forbid" if job.forbids_overlap else "",
        "schedule": _schedule(job.schedule, stage.timezone or UTC) if job.schedule else "",
        "scheduler": job.scheduler,
    }
    return {key: value for key, value in terms.items() if value}


def _schedule(due: CronSchedule, timezone: str) -> Value:
    zone = {"zone": due.zone} if due.zone and due.zone != timezone else {}
    minute, hour, day, month, weekday = expression_of(due).split()
    if minute.isdecimal() and hour.isdecimal() and (day, month, weekday) == ("*", "*", "*"):
        return call("Schedule.daily", f"{int(hour):02}:{int(minute):02}", **zone)
    return call("Schedule.cron", expression_of(due), **zone)


def _listed(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
