"""A play, decided: which batches there are, which commands run when, what goes wrong, and who interferes."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake_aws.faults import Fault
from tests.fake_aws.script import Script
from tests.kit.scripted_ecs import Sync

Verb = Literal["run", "attach", "stop", "logs", "runs", "pause", "resume", "list"]
Anchor = Literal["begin", "task", "started", "ended", "stopped", "exit"]
"""When the play begins; when its first task exists; when the newest task's container begins, is shown ended, and is
STOPPED; when the first command has ended."""
Do = Literal[
    "start", "signal", "kill",
    "execute", "renew", "late", "in time",
    "stop", "deadline", "delete group", "remake group", "forget",
]  # fmt: skip
OutMode = Literal["whole", "pipe", "slow", "pause", "gone", "closed", "full"]
ErrMode = Literal["whole", "slow", "pause", "closed", "full"]
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

    name: str = "daily-report"
    manifest: Mapping[str, Any] = field(default_factory=dict)
    scripts: Sequence[Script] = ()
    machine: bool = False
    sync: Sync = "any"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: one that runs a batch, or one that looks at runs or interferes.

    Attributes:
        name: Its name, lower-case letters and digits without an ``x``; its calls to AWS are known by it.
        verb: What it is.
        batch: The batch it names; empty for none.
        run: The run id it names; empty for none, or for the last run.
        more: Further arguments.
        timeout: Its ``--timeout``, in seconds.
        leaves: It leaves the batch on a signal.
        out: What is done with its stdout.
        err: What is done with its stderr.
        renewed: Its credentials come from a program, and are renewed.
        lives: Seconds that its credentials say they live.
        foreign: What is somebody else's where it is called.
    """

    name: str
    verb: Verb = "run"
    batch: str = ""
    run: str = ""
    more: Sequence[str] = ()
    timeout: int | None = None
    leaves: bool = False
    out: OutMode = "whole"
    err: ErrMode = "whole"
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
            more += [] if self.timeout is None else ["--timeout", f"{self.timeout}s"]
            return ["run", self.batch, *stage, *(["--run-id", self.run] if self.run else []), *more]
        if self.verb in ("pause", "resume"):
            return [self.verb, self.batch, *stage, *more]
        if self.verb in ("runs", "list"):
            return [self.verb, *([self.batch] if self.batch else []), *stage, *more]
        return [self.verb, f"{self.batch}@{self.run or 'latest'}" if self.batch else self.run, *stage, *more]


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that is done, so many seconds after a moment.

    Attributes:
        at: Seconds after the moment.
        do: What: ``execute`` starts a batch's machine; ``renew`` gives a command new credentials and ends the old ones;
            ``late`` does the latter at once, and ``in time`` comes with the new ones; ``stop``, ``deadline`` and those
            after them are what others and time do.
        who: The command, or the batch.
        anchor: The moment.
        number: The signal.
        run: The name of the execution.
    """

    at: float
    do: Do
    who: str = ""
    anchor: Anchor = "begin"
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
class Plan:
    """A play.

    Attributes:
        seed: The seed.
        number: Its number.
        shape: What it is about, in a word.
        forked: Its commands are forked, since there are many, and find a file of settings. Default: each is the
            installed one from its first instruction on.
        batches: The batches.
        commands: Those that begin at a time.
        last: Observers that begin when all runs have ended, and ECS has forgotten them.
        steps: What is done, and when.
        blips: What fails, and when.
        faults: Operation to what is wrong with its calls.
        quotas: Operation to calls a second over all callers, and how many at once.
        skew: Seconds that AWS's clock is ahead.
        token_life: Seconds that a token of GetLogEvents lives; 0 for a day.
        guarded: StopTask needs the task's tags, which the first stop takes away.
    """

    seed: int
    number: int
    shape: str = "night"
    forked: bool = False
    batches: Sequence[Batch] = ()
    commands: Sequence[Command] = ()
    last: Sequence[Command] = ()
    steps: Sequence[Step] = ()
    blips: Sequence[Blip] = ()
    faults: Mapping[str, Sequence[Fault]] = field(default_factory=dict)
    quotas: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    skew: float = 0.0
    token_life: float = 0.0
    guarded: bool = False

    @property
    def runs(self) -> int:
        """How many runs are asked for."""
        runs = [command for command in self.commands if command.verb == "run" and command.follows]
        return len(runs) + sum(step.do == "execute" for step in self.steps)

    @property
    def trouble(self) -> int:
        """How many things go wrong in it."""
        several = (*self.faults.values(), self.quotas, self.blips)
        return sum(map(len, several)) + bool(self.skew) + bool(self.token_life)

    def describe(self) -> Iterator[str]:
        """The plan for people, a line for each thing."""
        yield f"{self.shape}: skew {self.skew}, tokens {self.token_life or 86400} s, tags guard a stop: {self.guarded}"
        for batch in self.batches:
            machine = f", machine ({batch.sync})" if batch.machine else ""
            yield f"batch {batch.name}{machine}: {dict(batch.manifest)}"
            for script in batch.scripts:
                yield f"    script {differing(script, lines=f'{len(script.lines)} lines')}"
        for operation, faults in self.faults.items():
            yield f"{operation}: {', '.join(differing(fault) for fault in faults)}"
        yield from (f"{operation}: {rate:.1f} a second" for operation, (rate, _) in self.quotas.items())
        defaults = dict.fromkeys(("name", "verb", "batch", "run", "more", "timeout"), "")
        for command in (*self.commands, *self.last):
            yield f"command {command.name}: {' '.join(command.words)} ({differing(command, **defaults)})"
        yield from (f"step {differing(step)}" for step in self.steps)
        yield from (
            f"{blip.service} fails at {blip.at:.1f} for {blip.seconds:.1f} s: {differing(blip.fault)}"
            for blip in self.blips
        )


def differing(record: Any, **instead: object) -> str:  # noqa: ANN401 - any dataclass
    """The fields of a record that are not their defaults; some with another text, or left out for an empty one."""
    shown = []
    for member in dataclasses.fields(record):
        value = getattr(record, member.name)
        text = instead.get(member.name, round(value, 2) if isinstance(value, float) else value)
        if value != member.default and text != "":
            shown.append(f"{member.name}={text}")
    return " ".join(shown) or "plain"
