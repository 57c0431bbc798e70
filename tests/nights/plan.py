"""A night, decided: which batches there are, which commands run when, and what goes wrong meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake_aws.faults import Fault
from tests.fake_aws.script import Script
from tests.kit.scripted_ecs import Sync
from tests.soak.plan import differing

Verb = Literal["run", "attach", "stop", "logs", "runs", "pause", "resume", "list"]
Do = Literal["start", "signal", "kill", "execute", "renew", "late", "in time"]
Foreign = Literal["", "settings", "project", "link"]
"""A file of somebody else's where a command is called: ``batchwright.toml``, ``cdk.json``, or a link for its result."""

SERVICES: Mapping[str, Sequence[str]] = {
    "ecs": ("RunTask", "DescribeTasks", "ListTasks", "StopTask"),
    "logs": ("GetLogEvents", "FilterLogEvents"),
    "ssm": ("GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "DeleteParameter"),
    "scheduler": ("CreateSchedule", "DeleteSchedule"),
    "states": ("DescribeExecution", "ListExecutions", "StopExecution"),
    "sts": ("GetCallerIdentity",),
}
"""Service to its operations."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch of the stage.

    Attributes:
        name: Its name.
        manifest: Fields of its manifest that differ from the sample.
        scripts: What its tasks do.
        machine: It has a machine.
        sync: When a task of the machine counts as failed.
    """

    name: str
    manifest: Mapping[str, Any] = field(default_factory=dict)
    scripts: Sequence[Script] = ()
    machine: bool = False
    sync: Sync = "any"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: one that runs a batch, or an observer.

    Attributes:
        name: Its name, lower-case letters and digits without an ``x``; its calls to AWS are known by it.
        verb: What it is.
        batch: The batch it names; empty for none.
        run: The run id it names; empty for none, or for the last run.
        more: Further arguments.
        leaves: It leaves the batch on a signal.
        renewed: Its credentials come from a program, and are renewed.
        lives: Seconds that its credentials say they live.
        foreign: What is somebody else's where it is called.
    """

    name: str
    verb: Verb
    batch: str = ""
    run: str = ""
    more: Sequence[str] = ()
    leaves: bool = False
    renewed: bool = False
    lives: float = 400.0
    foreign: Foreign = ""

    @property
    def detach(self) -> bool:
        """It leaves as soon as it has started it."""
        return "--detach" in self.more

    @property
    def follows(self) -> bool:
        """Its exit code is that of a run."""
        return self.verb in ("run", "attach") and self.foreign in ("", "link")

    @property
    def words(self) -> list[str]:
        """What is typed."""
        more, stage = list(self.more), ["-s", "staging"]
        if self.verb == "run":
            return ["run", self.batch, *stage, *(["--run-id", self.run] if self.run else []), *more]
        if self.verb in ("pause", "resume"):
            return [self.verb, self.batch, *stage, *more]
        if self.verb in ("runs", "list"):
            return [self.verb, *([self.batch] if self.batch else []), *stage, *more]
        return [self.verb, f"{self.batch}@{self.run or 'latest'}" if self.batch else self.run, *stage, *more]


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that is done at a moment.

    Attributes:
        at: Seconds after the beginning.
        do: What: ``execute`` starts a batch's machine; ``renew`` gives a command new credentials and ends the old ones;
            ``late`` does the latter at once, and ``in time`` comes with the new ones.
        who: The command, or the batch.
        number: The signal.
        run: The name of the execution.
    """

    at: float
    do: Do
    who: str
    number: int = 0
    run: str = ""


@dataclass(frozen=True, kw_only=True)
class Blip:
    """A time in which a service fails."""

    service: str
    at: float
    seconds: float
    fault: Fault


@dataclass(frozen=True, kw_only=True)
class Night:
    """A night.

    Attributes:
        seed: The seed.
        number: Its number.
        batches: The batches.
        commands: Those that begin at a time.
        last: Observers that begin when all runs have ended, and ECS has forgotten them.
        steps: What is done, and when.
        blips: What fails, and when.
        quota: CreateSchedule's calls a second; 0 for no limit.
    """

    seed: int
    number: int
    batches: Sequence[Batch]
    commands: Sequence[Command]
    last: Sequence[Command] = ()
    steps: Sequence[Step] = ()
    blips: Sequence[Blip] = ()
    quota: float = 0.0

    @property
    def runs(self) -> int:
        """How many runs are asked for."""
        asked = [command for command in self.commands if command.verb == "run" and command.follows]
        return len(asked) + sum(step.do == "execute" for step in self.steps)

    @property
    def observers(self) -> int:
        """How many commands look at runs of others, or interfere."""
        return len(self.commands) + len(self.last) - sum(command.verb == "run" for command in self.commands)

    def describe(self) -> Iterator[str]:
        """The plan for people, a line for each thing."""
        for batch in self.batches:
            machine = f", machine ({batch.sync})" if batch.machine else ""
            yield f"batch {batch.name}{machine}: {dict(batch.manifest)}"
            yield from (f"    script {differing(one, lines=f'{len(one.lines)} lines')}" for one in batch.scripts)
        yield from (f"command {one.name}: {' '.join(one.words)} {one.foreign}" for one in (*self.commands, *self.last))
        events = [(step.at, f"{step.do} {step.who} {step.number or ''}{step.run}") for step in self.steps]
        events += [
            (blip.at, f"{blip.service} fails {blip.seconds:.1f} s: {differing(blip.fault)}") for blip in self.blips
        ]
        yield from (f"{at:8.2f} {text}" for at, text in sorted(events))
        if self.quota:
            yield f"CreateSchedule: {self.quota:.1f} a second"
