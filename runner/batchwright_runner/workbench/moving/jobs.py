"""Jobs of other schedulers: one model, whatever they were read from. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.schedule import CronSchedule


@dataclass(frozen=True, slots=True, order=True)
class SourcePlace:
    """Where something was read."""

    file: str
    line: int

    def __str__(self) -> str:
        """As compilers write it."""
        return f"{self.file}:{self.line}"


class UnwritableError(Exception):
    """A job cannot become a batch; nothing is written of it."""

    def __init__(self, place: SourcePlace, field: str, problem: str, *, hint: str = "") -> None:
        whole = f"{problem.removesuffix('?')}{'?' if problem.endswith('?') else '.'} {hint}" if hint else problem
        super().__init__(f"{f'{field}: ' if field else ''}{whole}")
        self.place = place
        self.job = ""

    def __str__(self) -> str:
        """Line, job, field, and what is wrong."""
        return f"{self.place}: {f'job {self.job}: ' if self.job else ''}{self.args[0]}"


@contextmanager
def noting(unwritable: list[UnwritableError], job: str = "") -> Iterator[None]:
    """Notes why something cannot be written, and of which job it is, and goes on behind it."""
    try:
        yield
    except UnwritableError as error:
        error.job = error.job or job
        unwritable.append(error)


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that a declaration cannot express, and a person has to carry over."""

    field: str
    text: str
    # What to do about it; empty where the text says it
    advice: str = ""


def collect_todos(*rows: tuple[object, str, str, str]) -> list[Todo]:
    """The TODOs of some rows, field, text and advice, before each of which stands whether there is one."""
    return [Todo(field, text, advice) for there, field, text, advice in rows if there]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOption(RunOption):
    """A value that a run can be given; its name is the variable that carries it to the container."""

    # The default; empty for none
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A job's step that is another job."""

    field: str
    name: str
    # Where that is filed; empty for nowhere
    group: str
    # Its id; empty where the name counts
    uuid: str

    def means(self, job: "ForeignJob") -> bool:
        """Whether a job is the one that it names."""
        return self.uuid == job.known[0] if self.uuid else (self.name, self.group) == job.known[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """What a job starts."""

    # The task definition's family; empty where the job runs none
    family: str = ""
    # The task definition's revision; ``None`` for the newest
    revision: int | None = None
    # Whether it is a batch already, which the runner starts; without a name the runner's own look at runs
    moved: bool = False
    # The batch's name, where the command says it
    name: str = ""
    stage: str = ""
    # The command in the container; ``None`` for the task definition's
    command: Sequence[str] | None = None
    # The container that the command is for; empty for the main one
    container: str = ""
    # The cluster; empty where none is named
    cluster: str = ""
    # The region; empty where none is named
    region: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    # CPU units of the task; ``None`` for the task definition's
    cpu: int | None = None
    # MiB of the task, likewise
    memory: int | None = None
    # Ids that the command names; empty where it names none
    subnets: Sequence[str] = ()
    security_groups: Sequence[str] = ()
    # Whether it gets a public address; ``None`` where that is not given
    public_ip: bool | None = None
    spot: bool = False
    # Seconds after which the command gives up; ``None`` for never
    timeout: int | None = None
    # Whether it ends with the task; one that only starts it neither limits its time nor refuses a second run
    waits: bool = True
    # Whether a program of the team's own starts it, in a network that no file says
    wrapped: bool = False
    # Where a host ran it; empty where nothing says so
    directory: str = ""
    # What a person should know about it, which changes no batch
    note: str = ""
    references: Sequence[Reference] = ()
    parallel: bool = False
    # Whether those after a failed one still start
    keeps_going: bool = False
    todos: Sequence[Todo] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignJob:
    """A job of another scheduler, and what it says about itself."""

    place: SourcePlace
    name: str
    step: JobStep
    # Who starts it at present, as a declaration names it
    scheduler: str
    # What it is for, in one line that a declaration may hold
    description: str = ""
    # The team to ask; empty where none is named
    owner: str = ""
    runbook: str = ""
    notes: str = ""
    # Where it is filed; empty for nowhere
    group: str = ""
    # When it is due; ``None`` for no schedule
    schedule: CronSchedule | None = None
    # Seconds that a run may take; ``None`` for no limit
    timeout: int | None = None
    # Whether a second run at the same time is refused
    forbids_overlap: bool = False
    options: Sequence[ForeignOption] = ()
    # Variable to where its value comes from; the value itself is never shown
    secrets: Mapping[str, str] = field(default_factory=dict)
    # Variable to the secret that its command line had, which tells shared ones; it is never shown
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Its id, where the scheduler has one that must be kept
    uuid: str = ""
    # By which id, name and group others refer to it, whatever its batch is called
    known: tuple[str, str, str] = ("", "", "")
    todos: Sequence[Todo] = ()

    @property
    def path(self) -> str:
        """Its group and name, which tell it from others of its name."""
        return "/".join(filter(None, (self.group, self.name)))


@dataclass(frozen=True, slots=True)
class StagePlace:
    """A stage of the project, as its cdk.json describes it."""

    name: str
    # Its account; empty where it is not known yet
    account: str = ""
    region: str = ""
    project: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    # The project's zone; empty for UTC
    timezone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One task definition."""

    file: str
    data: Mapping[str, Any]
    family: str
    # The stage that it is of; empty where nothing says so
    stage: str = ""
    shared_family: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        """Its revision; 0 where it is not registered."""
        return int(self.data.get("revision", 0) or 0)

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """Its containers."""
        return list(self.data["containerDefinitions"])

    def main(self, named: str = "") -> Mapping[str, Any]:
        """The container whose command and exit code count: the one that is named, or the first that may be it."""
        if not named:
            return (self.candidates or self.containers)[0]
        by_name = {str(container.get("name")): container for container in self.containers}
        if named not in by_name:
            problem = f"{self.family} has no container {named!r}; it has {', '.join(by_name)}"
            raise UnwritableError(SourcePlace(self.file, 1), "containerDefinitions", problem)
        return by_name[named]

    @property
    def candidates(self) -> list[Mapping[str, Any]]:
        """The containers that may be the main one: the essential ones but for those that another of them waits for."""
        essential = [container for container in self.containers if is_true(container.get("essential", True))]
        waits = [wait for container in essential for wait in container.get("dependsOn") or ()]
        awaited = {str(wait.get("containerName")) for wait in waits}
        return [container for container in essential if str(container.get("name")) not in awaited] or essential


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading sources."""

    jobs: Sequence[ForeignJob] = ()
    unwritable: Sequence[UnwritableError] = ()
    # What a person must know beside that
    notes: Sequence[str] = ()
    # Task definitions, of each family and stage the newest
    definitions: Sequence[Definition] = ()

    def __add__(self, other: "Reading") -> "Reading":
        """The results of both."""
        return Reading(*((*getattr(self, field.name), *getattr(other, field.name)) for field in fields(self)))


def is_true(value: object) -> bool:
    """Whether a value of JSON or of YAML is true."""
    return value is True or str(value).lower() == "true"
