"""A batch as its declaration says it: the arguments of each stage, folded into one. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.checks import DESCRIPTION_LIMIT, OWN_VARIABLES, TIMEOUTS
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.values import REFERENCE
from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.moving.about import one_line
from batchwright_runner.workbench.moving.arguments import FARGATE, StageArguments, fitting, grouped, of_definition
from batchwright_runner.workbench.moving.found import ForeignJob, Left, Step
from batchwright_runner.workbench.moving.hidden import CUT, holds_secret, without_secrets
from batchwright_runner.workbench.moving.host_line import computes_date
from batchwright_runner.workbench.moving.join import JoinedBatch, Part
from batchwright_runner.workbench.moving.stages import fold
from batchwright_runner.workbench.moving.values import StagePlace, hidden, variables
from batchwright_runner.workbench.moving.words import in_container
from batchwright_runner.workbench.moving.workflows import Steps, steps_of
from batchwright_runner.workbench.scaffold.python import Call, OnlyIn, Raw, Value, call

_ORDER: tuple[str, ...] = ("owner", "description", "runbook", "image", "command", "cpu", "memory", "timeout")
_ORDER += ("overlap", "schedule", "scheduler", "options", "environment", "secrets", "sidecars", "container", "fargate")
_ORDER += ("steps", "rundeck_uuid")
_EMPTY: Mapping[str, Value] = {
    "environment": {},
    "secrets": [],
    "sidecars": [],
    "options": [],
    "overlap": "allow",
    "timeout": Raw("Duration.hours(24)"),
    **FARGATE,
}
_STARTERS = {"rundeck": "Rundeck's job", "cron": "The crontab's line", "nobody": "The job"}


@dataclass(slots=True, kw_only=True)
class WrittenBatch:
    """A batch or a workflow as its declaration says it.

    Attributes:
        name: Its name.
        family: The family of its task definitions; empty where it has none.
        image: What tells its image from others.
        arguments: Its arguments, but for the resources of others.
        existing: The resources of others that it uses, and its jobs in Rundeck: arguments of `Existing`.
        stages: The stages in which it exists; empty for all.
        left: What its declaration cannot say; as long as there is something, nobody starts it.
        scheduler: Who started it before.
        notes: What else was said about it.
    """

    name: str
    family: str
    image: str
    arguments: dict[str, Value] = field(default_factory=dict)
    existing: dict[str, Value] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    left: list[Left] = field(default_factory=list)
    scheduler: str = NOBODY
    notes: str = ""

    @property
    def is_workflow(self) -> bool:
        """Whether it is a workflow."""
        return "steps" in self.arguments


def declare(
    found: JoinedBatch, stages: Mapping[str, StagePlace], owner: str, image: str = "", steps: Steps | None = None
) -> WrittenBatch:
    """The declaration of a batch or a workflow.

    Args:
        found: What is declared.
        stages: The project's stages.
        owner: The team to ask where nobody is named.
        image: The image of a command that has no task definition; empty for one of the batch's own.
        steps: What the references of a workflow mean; none for a batch.

    Raises:
        UnwritableError: Its task definition has no container of the name that the job says.
    """
    said = {
        stage: _said(part, stages[stage], found.name) if steps is None else _of_workflow(part.job, stages[stage], steps)
        for stage, part in found.parts.items()
    }
    first = next(iter(found.parts.values()))
    for one in said.values() if image and not found.family and steps is None else ():
        one.arguments.setdefault("image", image)
    arguments = grouped(_folded({stage: one.arguments for stage, one in said.items()}))
    arguments["owner"] = found.job.owner or owner
    others = {stage: one.job.owner for stage, one in found.parts.items() if one.job.owner not in ("", found.job.owner)}
    starter = _STARTERS.get(found.job.scheduler, "The job")
    about = without_secrets(found.job.description) or f"{starter} {found.job.name}."
    arguments["description"] = one_line(about)
    existing = _folded({stage: one.roles for stage, one in said.items()})
    if found.uuids:
        (existing if steps is None else arguments)["rundeck_uuid"] = dict(found.uuids)
    left = list(dict.fromkeys(one for each in said.values() for one in each.left))
    left += [Left("description", f"owner: {other}", f"so says the job of {stage}") for stage, other in others.items()]
    left += dict.fromkeys(_guessed(found.parts.values()))
    if left:  # what is not whole is not started by anybody
        arguments["scheduler"] = NOBODY
    return WrittenBatch(
        name=found.name,
        family=found.family,
        image=_image_key(next(iter(said.values()))),
        arguments={key: arguments[key] for key in sorted(arguments, key=_ORDER.index)},
        existing=existing,
        stages=() if found.everywhere else tuple(found.parts),
        left=left,
        scheduler=found.job.scheduler,
        notes=without_secrets(first.job.notes),
    )


def _guessed(parts: Iterable[Part]) -> Iterator[Left]:
    """What says that the main container was a guess: nobody named it, and several may be it."""
    for part in parts:
        candidates = part.definition.candidates if part.definition else ()
        if len(candidates) > 1 and not part.job.step.container:
            names = [str(candidate.get("name")) for candidate in candidates]
            yield Left("essential", ", ".join(names), f"{names[0]} was taken for the main container: is it?")


def _said(part: Part, stage: StagePlace, name: str) -> StageArguments:
    job, step = part.job, part.job.step
    main: Mapping[str, Any] = part.definition.main(step.container) if part.definition else {}
    said = of_definition(part.definition, main, stage) if part.definition else StageArguments()
    arguments = said.arguments
    if step.command is not None:
        blank = [option.name for option in job.options if not option.required and not option.default]
        arguments["command"] = in_container(step.command, blank)
        if holds_secret(" ".join(step.command)):
            said.left.append(Left("command", CUT, "it holds a secret: take it out, and declare it in secrets="))
    _variables(job, stage, arguments, said.left)
    shown = {str(one["name"]): str(one.get("value") or "") for one in main.get("environment") or ()}
    values = {**shown, **step.environment, **{option.name: option.default for option in job.options}}
    _secrets({**dict.fromkeys(hidden(values), "its value there"), **job.secrets}, name, said)
    _size(step, arguments)
    arguments |= dict(_terms(job, stage, said.left))
    if step.spot:
        arguments["capacity"] = "spot"
    _network(step, stage, said)
    if step.region and stage.region and step.region != stage.region:
        said.left.append(Left("region", step.region, f"stage {stage.name} is in {stage.region}"))
    newest = part.definition.revision if part.definition else 0
    if step.revision and newest not in (0, step.revision):
        said.left.append(Left("revision", f"{step.family}:{step.revision}", f"{newest} is the newest that was given"))
    _options(job, arguments, said.left)
    said.left += [*step.left, *job.left]
    return said


def _of_workflow(job: ForeignJob, stage: StagePlace, steps: Steps) -> StageArguments:
    said = StageArguments()
    said.arguments["steps"] = steps_of(job, steps, said.left)
    said.left += job.step.left
    said.arguments |= dict(_terms(job, stage, said.left))
    advice = "options= of a workflow gives each step those that its batch declares"
    options = {one.name: one.description or one.name for one in job.options}
    said.left += [Left(f"options.{name}", text, advice) for name, text in options.items()]
    said.left += [Left(f"options.{name}", whence, "a workflow has no secret") for name, whence in job.secrets.items()]
    said.left += job.left
    return said


def _variables(job: ForeignJob, stage: StagePlace, arguments: dict[str, Value], left: list[Left]) -> None:
    """Adds those of the run; and the zone of the host, in which a command computed its dates, as its schedule does."""
    declared = arguments.get("environment")
    known = declared if isinstance(declared, dict) else {}
    given = {option.name: option.default for option in job.options if option.default} | dict(job.step.environment)
    if "TZ" not in {**known, **given} and computes_date(job.step.command or ()):
        if stage.timezone:
            given = {"TZ": stage.timezone, **given}
        else:
            advice = 'a container is in UTC, and computes other dates: environment={"TZ": …}'
            left.append(Left("TZ", "of the host", advice))
    if entries := variables(given, left):
        arguments["environment"] = {**known, **entries}


def _secrets(found: Mapping[str, str], name: str, said: StageArguments) -> None:
    """Declares secrets that have no place in AWS yet: variable to where the value comes from."""
    stored = _names(said.arguments.get("secrets"))
    new = {variable: whence for variable, whence in found.items() if variable not in stored}
    for variable, whence in new.items():
        advice = f"set it in each stage, before a run: batchwright params set {name} {variable} -s STAGE"
        said.left.append(Left(f"secrets.{variable}", f"from {whence}", advice))
    if new:
        said.arguments["secrets"] = [*_calls(said.arguments.get("secrets")), *(call("Secret", one) for one in new)]


def _options(job: ForeignJob, arguments: dict[str, Value], left: list[Left]) -> None:
    """What a run can be given; the container finds it in its variables."""
    stored = {name for key in ("secrets", "parameters") for name in _names(arguments.get(key))}
    made = []
    for option in job.options:
        field_, named = f"options.{option.name}", dict[str, Value]()
        if option.name in stored or option.name.startswith(OWN_VARIABLES):
            own = (
                "a secret has that name; give another"
                if option.name in stored
                else "each run has such a variable itself"
            )
            left.append(Left(field_, option.description or option.name, own))
            continue
        if option.values:
            named["values"] = list(dict.fromkeys(option.values))
        elif option.pattern and _compiles(option.pattern):
            named["pattern"] = option.pattern
        elif option.pattern:
            left.append(Left(f"{field_}.regex", option.pattern, "no declaration can hold it; write pattern="))
        if option.description:
            named["description"] = shorten(one_line(option.description), DESCRIPTION_LIMIT)
        if option.required:
            left.append(Left(f"{field_}.required", "true", "a run without it is the program's to refuse"))
        made.append(call("Option", option.name, **named))
    if made:
        arguments["options"] = made


def _names(declared: Value | None) -> list[Value]:
    """The variables of secrets."""
    return [one.positional[0] for one in _calls(declared)]


def _calls(declared: Value | None) -> list[Call]:
    return [one for one in declared if isinstance(one, Call)] if isinstance(declared, list) else []


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return pattern.isprintable() and REFERENCE not in pattern


def _size(step: Step, arguments: dict[str, Value]) -> None:
    if step.cpu is not None or step.memory is not None:
        known = {"cpu": 256, "memory": 512, **arguments}
        cpu, memory = fitting(step.cpu or int(str(known["cpu"])), step.memory or int(str(known["memory"])))
        arguments |= {"cpu": cpu, "memory": memory}


def _terms(job: ForeignJob, stage: StagePlace, left: list[Left]) -> Iterator[tuple[str, Value]]:
    if job.runbook:
        yield "runbook", job.runbook
    seconds = min((one for one in (job.timeout, job.step.timeout) if one), default=0)
    if seconds:
        nearest = min(max(seconds, TIMEOUTS[0]), TIMEOUTS[-1])
        if nearest != seconds:
            advice = f"a batch has 60 seconds to 14 days: {format_duration(nearest)} now"
            left.append(Left("timeout", format_duration(seconds), advice))
        yield "timeout", duration(nearest)
    if job.forbids_overlap or job.step.alone:
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
    """A `Schedule`, in the form that reads best.

    Args:
        due: When.
        timezone: The zone that need not be said.
    """
    zone = {"zone": due.zone} if due.zone and due.zone != timezone else {}
    minute, hour, day, month, weekday = due.expression.split()
    if minute.isdecimal() and hour.isdecimal() and month == "*":
        time = f"{int(hour):02}:{int(minute):02}"
        if day == weekday == "*":
            return call("Schedule.daily", time, **zone)
        if day == "*":
            return call("Schedule.weekly", weekday, time, **zone)
        if day.isdecimal() and int(day) <= 28:
            return call("Schedule.monthly", int(day), time, **zone)
    return call("Schedule.cron", due.expression, **zone)


def _network(step: Step, stage: StagePlace, said: StageArguments) -> None:
    """Compares the network that a command names with the stage's; groups a batch may have of its own."""
    groups = stage.facts.get("security_groups")
    if step.security_groups and set(step.security_groups) != set(_listed(groups)):
        said.roles["security_groups"] = list(step.security_groups)
    subnets = _listed(stage.facts.get("subnets"))
    if step.subnets and subnets and set(step.subnets) != set(subnets):
        there = ", ".join(subnets)
        said.left.append(Left("subnets", ", ".join(step.subnets), f"stage {stage.name} has {there} in cdk.json"))
    public = stage.facts.get("assign_public_ip", False)
    if step.public_ip is not None and step.public_ip != public:
        given = "ENABLED" if step.public_ip else "DISABLED"
        advice = f"stage {stage.name} has assign_public_ip {str(public).lower()} in cdk.json"
        said.left.append(Left("assignPublicIp", given, advice))


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _folded(by_stage: Mapping[str, Mapping[str, Value]]) -> dict[str, Value]:
    """What the stages say, argument by argument."""
    keys = dict.fromkeys(key for one in by_stage.values() for key in one)
    folded: dict[str, Value] = {}
    for key in keys:
        given = {stage: one[key] for stage, one in by_stage.items() if key in one}
        if len(given) < len(by_stage) and key in _EMPTY:
            given = {stage: one.get(key, _EMPTY[key]) for stage, one in by_stage.items()}
        whole = fold(given)
        folded[key] = whole if len(given) == len(by_stage) else OnlyIn(tuple(given), whole)
    return folded


def _image_key(said: StageArguments) -> str:
    """The repository of an image, or its name."""
    source = said.arguments.get("image")
    if isinstance(source, Call):
        head, slash, last = str(source.positional[0]).partition("@")[0].rpartition("/")
        return head + slash + last.partition(":")[0]
    return source if isinstance(source, str) else ""
